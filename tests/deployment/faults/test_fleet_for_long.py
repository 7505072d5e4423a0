"""One server of three is lost for longer than anybody waits: it is right by itself when it is back.

Each case takes two to four minutes, so these run with ``FAULTS_ALL=1`` alone.
"""

from __future__ import annotations

import time

import pytest

from tests.deployment.faults.fleet import Fleet
from tests.deployment.faults.losses import LOSSES, MOMENTS, holds

pytestmark = pytest.mark.lab

BY_ITSELF_SECONDS = 150
"""A minute until a client that says nothing is gone, one more until a server takes back."""


@pytest.mark.parametrize("how", LOSSES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_one_that_is_lost_for_long_is_left_behind_and_comes_back_whole(
    three: Fleet, moment: str, how: str
) -> None:
    loss, live = LOSSES[how], three.live()
    first, lost, last = three.hosts
    with three.visited(first, last) as visits:
        release, running = three.deploy_until(MOMENTS[moment], lost)
        loss.lose(three, lost)
        _, err = running.communicate(timeout=180)
    assert running.returncode == 1, err
    assert (visits["h1"].lost, visits["h3"].lost) == ([], [])
    assert "There is no connection to h2" in err
    there = "It holds on h1, h3." if holds(moment) else "h1, h3: as it was before."
    assert there in err

    loss.back(three, lost)
    ends = release if holds(moment) else live
    comes_to(three, ends)
    three.quiet(ends)

    release = three.version()
    three.project.fab("deploy")
    three.quiet(release)


@pytest.mark.parametrize("moment", ["before", "during"])
def test_what_nobody_takes_up_is_taken_back_everywhere(three: Fleet, moment: str) -> None:
    live = three.live()
    with three.visited(*three.hosts) as visits:
        _, running = three.deploy_until(MOMENTS[moment], three.hosts[1])
        running.kill()
        running.communicate()
        three.gates["h2"].let_go()
        comes_to(three, live)
    assert [visits[host.name].lost for host in three.hosts] == [[], [], []]
    three.quiet(live)

    done = three.project.fab("attach")

    assert "Nothing goes on" in done.err


def comes_to(three: Fleet, release: str) -> None:
    """Return once all servers serve that, with nothing going on any more."""
    end = time.monotonic() + BY_ITSELF_SECONDS
    while not (three.idle() and three.project.live() == [release] * 3):
        assert time.monotonic() < end, "not all came to serve it"
        time.sleep(1)

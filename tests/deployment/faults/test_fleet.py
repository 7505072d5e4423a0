"""One server of three is lost for a moment, or whoever deploys to them: all end alike.

For how it ends where one is lost for long: test_fleet_for_long.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.faults.choice import some
from tests.deployment.faults.fleet import Fleet
from tests.deployment.faults.losses import LOSSES, MOMENTS, goes_on, power_off, power_on

pytestmark = pytest.mark.lab

AT_A_TIME = 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_one_that_is_lost_for_a_moment_goes_on_or_has_all_taken_back(
    three: Fleet, moment: str
) -> None:
    for _, how in some(dict(enumerate(LOSSES)), AT_A_TIME, f"lost {moment} the flip"):
        loss, lost, live = LOSSES[how], three.hosts[1], three.live()
        unharmed = [host for host in three.hosts if loss.serves or host is not lost]

        with three.visited(*unharmed) as visits:
            release, running = three.deploy_until(MOMENTS[moment], lost)
            loss.lose(three, lost)
            loss.back(three, lost)
            _, err = running.communicate(timeout=90)

        assert [visits[host.name].lost for host in unharmed] == [[]] * len(unharmed), how
        if goes_on(moment, loss):
            assert running.returncode == 0, (how, err)
            three.quiet(release)
        else:
            assert running.returncode == 1, (how, err)
            assert "h2: could not go on: the agent was interrupted" in err
            assert "every server is as it was before" in err
            three.quiet(live)


def test_one_that_is_lost_before_it_hears_that_all_hold_is_brought_up_to_date_by_the_next(
    three: Fleet,
) -> None:
    first, lost, last = three.hosts
    live = three.live()
    with three.visited(first, last) as visits:
        release, running = three.deploy_until("step ask every app through nginx", first)
        for name in (lost.name, last.name):
            three.gates[name].until("waits", "settle")
        power_off(three, lost)
        three.gates[first.name].let_go()
        three.gates[last.name].until("end")
        power_on(three, lost)
        _, err = running.communicate(timeout=120)

    assert running.returncode == 1, err
    assert (visits[first.name].lost, visits[last.name].lost) == ([], [])
    assert "It holds on h1, h3" in err
    status = three.project.try_fab("status")
    assert status.code == 1
    assert f"different releases: {release} on h1, h3; {live} on h2" in " ".join(status.out.split())

    three.project.fab("deploy")

    three.quiet(release)


def test_whoever_watches_from_another_checkout_takes_it_up_when_the_deployer_is_killed(
    three: Fleet, tmp_path: Path
) -> None:
    colleague = three.project.cloned(tmp_path / "other")
    for _, moment in some(dict(enumerate(MOMENTS)), AT_A_TIME, "deployer killed"):
        with three.visited(*three.hosts) as visits:
            release, running = three.deploy_until(MOMENTS[moment], three.hosts[1])
            with colleague.start_fab("attach") as watching:
                assert watching.stderr is not None
                assert "Watching what somebody else does" in watching.stderr.readline()
                running.kill()
                running.communicate()
                three.gates["h2"].let_go()
                _, err = watching.communicate(timeout=60)

        assert watching.returncode == 0, (moment, err)
        # What has settled goes on without anybody, and may end before it is missed.
        assert "Taking up what was begun" in err or moment == "after"
        assert [visits[host.name].lost for host in three.hosts] == [[], [], []]
        three.quiet(release)


def test_what_had_begun_on_one_alone_when_the_deployer_was_killed_is_taken_back(
    three: Fleet,
) -> None:
    live = three.live()
    _, running = three.deploy_until("begin", three.hosts[0])
    running.kill()
    running.communicate()
    three.gates["h1"].let_go()

    done = three.project.try_fab("attach")

    assert done.code == 1, done
    assert "h2: had not begun it\nh3: had not begun it" in done.err
    three.quiet(live)

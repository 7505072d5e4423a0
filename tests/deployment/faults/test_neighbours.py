"""Whatever one app of ten does, those in other pools lose nothing, and all is well soon after."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from tests.deployment.faults import counts, state
from tests.deployment.faults.neighbours import TERRIBLE, TERRORS, asks, count, near, settle
from tests.deployment.faults.visitors import visitors
from tests.deployment.project import DOMAIN, Project
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

A_SECOND = 50
BEFORE_SECONDS, AFTER_SECONDS = 0.5, 1.0
CALM_SECONDS = 20
"""How soon all must be as it was."""


@dataclass(frozen=True, slots=True)
class Ten:
    """A host with ten apps."""

    lab: Lab
    host: Host
    release: str

    def units(self) -> str:
        """Return what of the site runs."""
        return state.sh(self.lab, self.host, state.UNITS)


@pytest.fixture(scope="module")
def ten(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Ten:
    (host,) = lab.up(1)
    project = Project(tmp_path_factory.mktemp("ten") / "site", lab.ssh_config)
    release = settle(project)
    project.fab("bootstrap")
    project.fab("deploy")
    return Ten(lab, host, release)


@contextmanager
def asked(ten: Ten, path: str, times: int) -> Iterator[list[socket.socket]]:
    """Ask the terrible app for something, so many times at once, waiting for no answer."""
    request = f"GET /{TERRIBLE}/{path} HTTP/1.1\r\nHost: {DOMAIN}\r\n\r\n".encode()
    with ExitStack() as stack:
        open_ = [
            stack.enter_context(socket.create_connection((ten.host.ip, 80), 20))
            for _ in range(times)
        ]
        for connection in open_:
            connection.sendall(request)
        yield open_


@pytest.mark.parametrize("name", TERRORS)
def test_what_one_app_does_to_itself_costs_other_pools_nothing(ten: Ten, name: str) -> None:
    terror, units = TERRORS[name], ten.units()

    with visitors(ten.host.ip, A_SECOND, asks(ten.release)) as visits:
        time.sleep(BEFORE_SECONDS)
        state.sh(ten.lab, ten.host, terror.before)
        with asked(ten, terror.path, terror.times) as open_:
            if terror.cuts:
                open_[0].recv(1)  # nginx says how it ended
            else:
                time.sleep(AFTER_SECONDS)
                open_[0].setblocking(False)
                with pytest.raises(BlockingIOError):  # it hangs indeed
                    open_[0].recv(1)
            state.sh(ten.lab, ten.host, terror.after)
            calm(ten)
    found = count(visits.all)
    counts.note(name, found)

    cost = [visit.failure for visit in visits.all if visit.said is None and near(visit) == "others"]
    assert cost == []
    if not terror.cuts:
        assert visits.lost == []
    # What was under way: the more, the slower this machine is.
    assert sum(lost for _, lost, _ in found.values()) <= visits.sent // 4, visits.lost
    assert ten.units() == units


def calm(ten: Ten) -> None:
    """Return when every app has answered soon for a while; fail where one never answers again."""
    end = time.monotonic() + CALM_SECONDS
    while True:
        with visitors(ten.host.ip, A_SECOND, asks(ten.release)) as visits:
            time.sleep(AFTER_SECONDS)
        soon = all(visit.seconds < AFTER_SECONDS for visit in visits.all)
        if (soon and not visits.lost) or time.monotonic() > end:
            assert visits.lost == []
            return

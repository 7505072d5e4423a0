"""Two servers are looked at, and tell the truth."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from tests.deployment.conftest import booted
from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_first_evening import get
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hosts(lab: Lab, snapshots: str) -> tuple[Host, Host]:
    """Give two servers, which each law leaves as they were."""
    one, two = lab.up(2, source=snapshots)
    booted(lab, one)
    booted(lab, two)
    return one, two


@pytest.fixture(scope="module")
def fleet(lab: Lab, hosts: tuple[Host, Host], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give the project of those two, its last commit live."""
    names = tuple(host.name for host in hosts)
    project = Project(tmp_path_factory.mktemp("looking") / "site", lab.ssh_config, names)
    project.fab("deploy")
    return project


def until(lines: IO[str], *words: str) -> str:
    """Read lines until one has all the words; return it."""
    for line in lines:
        if all(word in line for word in words):
            return line
    raise AssertionError(f"it ended without {words}")


@contextmanager
def followed(project: Project, *words: str) -> Iterator[IO[str]]:
    """Follow a log; press Ctrl-C at the end, after which nothing is said of an error."""
    with project.start_fab("logs", *words, "-f") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            yield running.stdout
        finally:
            running.send_signal(signal.SIGINT)
        assert running.stderr.read() == "Interrupted.\n"
    assert running.returncode == 130


def test_logs_of_two_servers_are_followed_from_release_to_release_and_leave_nothing(
    lab: Lab, hosts: tuple[Host, Host], fleet: Project
) -> None:
    for host in hosts:
        get(host.ip, DOMAIN, "/watch/before")

    with followed(fleet, "watch") as lines:
        first = [until(lines, "/watch/before") for _ in hosts]
        fleet.commit("another release")
        fleet.fab("deploy")
        get(hosts[1].ip, DOMAIN, "/watch/after")
        last = until(lines, "/watch/after")

    assert {line.split()[0] for line in first} == {host.name for host in hosts}
    assert last.startswith(f"{hosts[1].name}  ")
    for host in hosts:
        gone = "for pid in $(pgrep -x journalctl); do timeout 20 tail --pid=$pid -f /dev/null; done"
        lab.run(host, "sh", "-c", gone)
        assert lab.run(host, "pgrep", "-x", "journalctl", check=False).stdout == ""


def test_the_last_lines_of_a_log_are_told_the_oldest_first(
    hosts: tuple[Host, Host], fleet: Project
) -> None:
    for number in range(3):
        get(hosts[0].ip, DOMAIN, f"/watch/number-{number}")

    lines = fleet.fab("logs", "watch", "--lines", "2", "--limit", "1").out.splitlines()

    assert [line.split("number-")[1][0] for line in lines] == ["1", "2"]

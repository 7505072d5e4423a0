"""Two servers are looked at, and tell the truth."""

from __future__ import annotations

import json
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


STOP_A_WORKER = """\
live=$(basename "$(readlink /srv/yard/current)")
main=$(systemctl show --property MainPID --value "yard-default@$live.service")
kill -STOP "$(pgrep -o -P "$main")"
"""
UNIT = "/etc/systemd/system/yard-default@.service"


def told(project: Project, task: str, *words: str) -> dict[str, list[tuple[str, str]]]:
    """Return by server what a task finds not to be well: the check and what to do."""
    done = project.try_fab(task, *words, "--json")
    rows = json.loads(done.out)
    assert done.code == any(one["level"] == "wrong" for row in rows for one in row["findings"])
    return {
        row["server"]: [
            (one["check"], one["todo"]) for one in row["findings"] if one["level"] != "ok"
        ]
        for row in rows
    }


def test_status_of_servers_that_are_well_has_all_that_runs_there(
    hosts: tuple[Host, Host], fleet: Project
) -> None:
    for row in fleet.told("status"):
        pool = row["pools"]["default"]
        assert (pool["state"], pool["answered"], pool["workers"]) == ("ready", 2, 2)
        assert pool["memory_bytes"] > 10**6
        assert row["nginx"] == "active"
        assert row["memory"]["free_bytes"] > 0
        assert abs(row["clock_seconds"]) < 1
        assert row["findings"] == []

    shown = fleet.fab("status", "--limit", "1").out.splitlines()
    assert shown[0].split()[:2] == ["h1", "ok"]
    assert max(map(len, shown)) <= 80


def test_what_somebody_changed_by_hand_is_told_and_bootstrap_mends_it(
    lab: Lab, hosts: tuple[Host, Host], fleet: Project
) -> None:
    one, two = hosts
    foreign = "/etc/nginx/sites-enabled/foreign"
    lab.run(one, "tee", "-a", UNIT, feed="# edited\n")
    lab.run(one, "tee", foreign, feed=f"server {{ listen 80; server_name {DOMAIN}; }}\n")
    lab.run(two, "chmod", "666", "/srv/yard/boot")
    lab.run(two, "rm", "/etc/sudoers.d/flaskyard-yard")

    status, doctor = told(fleet, "status"), told(fleet, "doctor")
    fleet.fab("bootstrap")

    assert status == {
        one.name: [("files", "fab bootstrap")],
        two.name: [("files", "fab bootstrap")],
    }
    there = f"sudo rm {foreign}, or its server_name {DOMAIN}"
    assert {("files", "fab bootstrap"), ("hosts", there)} <= set(doctor[one.name])
    assert ("rights", "sudo chown root /srv/yard/boot && sudo chmod 755 /srv/yard/boot") in doctor[
        two.name
    ]
    lab.run(one, "rm", foreign)
    lab.run(two, "chmod", "755", "/srv/yard/boot")
    assert told(fleet, "status") == {one.name: [], two.name: []}
    assert not {"files", "hosts", "rights"} & {
        check for found in told(fleet, "doctor").values() for check, _ in found
    }


def test_a_pool_that_hangs_and_a_server_that_is_away_are_told_beside_the_others(
    lab: Lab, hosts: tuple[Host, Host], fleet: Project
) -> None:
    one, two = hosts
    text = (fleet.folder / "site.toml").read_text()
    with_one_away = f'{text}\n[servers.away]\nhost = "deploy@nowhere.lab"\n'
    (fleet.folder / "site.toml").write_text(with_one_away)
    lab.run(two, "sh", "-c", STOP_A_WORKER)
    try:
        found = told(fleet, "status")
    finally:
        lab.run(two, "pkill", "-CONT", "-u", "yard-default")
        (fleet.folder / "site.toml").write_text(text)

    assert found == {
        one.name: [],
        two.name: [("pools", "fab logs portal")],
        "away": [("reach", "")],
    }


def test_the_doctor_looks_at_a_server_before_anybody_made_it_ready(
    lab: Lab, hosts: tuple[Host, Host], fleet: Project
) -> None:
    fresh = lab.up(len(hosts) + 1, fresh=False)[-1]
    text = (fleet.folder / "site.toml").read_text()
    with_one_new = f'{text}\n[servers.new]\nhost = "deploy@{fresh.name}"\n'
    (fleet.folder / "site.toml").write_text(with_one_new)
    try:
        with_sudo = told(fleet, "doctor", "--only", "new")["new"]
        lab.run(fresh, "rm", "/etc/sudoers.d/deploy")
        without = fleet.try_fab("doctor", "--only", "new").out
    finally:
        (fleet.folder / "site.toml").write_text(text)

    expected = {
        ("agent", "fab bootstrap"),
        ("names", f"in DNS: lead {DOMAIN}, watch.{DOMAIN} to {fresh.ip}"),
    }
    assert expected <= set(with_sudo)
    assert {check for check, _ in with_sudo} <= {"agent", "names", "synchronized", "memory"}
    assert "deploy may not use sudo without a password" in " ".join(without.split())

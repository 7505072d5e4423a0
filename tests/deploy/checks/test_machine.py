"""What a machine lacks is told before a deployment stumbles over it."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.checks import machine
from deploy.checks.finding import Check
from deploy.protocol.examined import Disk, Memory
from tests.deploy.checks.given import GB, SYSTEM, said, seen
from tests.deploy.sample import B, serving

NO_INODES = Disk(path="/srv/yard", free_bytes=9, bytes=9, free_inodes=1, inodes=90)
RUN = Disk(path="/run", free_bytes=9, bytes=10, free_inodes=9, inodes=10)


@pytest.mark.parametrize(
    ("check", "facts", "told"),
    [
        (machine.programs, {"versions": {"systemd": "247"}}, "systemd is 247; Flaskyard needs 252"),
        (machine.programs, {"versions": {"systemd": "252"}}, "openssl is missing"),
        (
            machine.disk,
            {"disks": (Disk(path="/", free_bytes=GB, bytes=20 * GB, free_inodes=0, inodes=0),)},
            "/: 1.0 of 20.0 GB free",
        ),
        (machine.disk, {"disks": (NO_INODES,)}, "/srv/yard: 1 of 90 inodes free"),
        (machine.disk, {"disks": (RUN,)}, "/run: 0.0 of 0.0 GB free, 9 inodes: pools cannot"),
        (machine.memory, {"memory": Memory(bytes=2 * GB, free_bytes=1)}, "0.0 of 2.0 GB of memory"),
        (machine.memory, {"load": 9.0, "cpus": 2}, "load 9.0 on 2 processors"),
        (machine.synchronized, {"synchronized": "no"}, "its clock is set by nobody"),
        (machine.failed, {"failed": ("cups.service",)}, "cups.service failed"),
        (machine.reboot, {"reboot": ("libc6", "linux")}, "waits for a boot for libc6, linux"),
        (machine.reboot, {"reboot": ()}, "waits for a boot"),
        (machine.journal, {"journal_bytes": None}, "its journal is lost at boot"),
    ],
)
def test_what_a_machine_lacks_is_told(check: Check, facts: dict[str, Any], told: str) -> None:
    found = said(check, seen(system=SYSTEM.model_copy(update=facts)))

    assert any(one[1].startswith(told) for one in found), found


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"free_bytes": 12_345_678}, "has 12 MB of disk free; a release needs 300"),
        ({"free_inodes": 7}, "has 7 inodes free; a release needs 20000"),
    ],
)
def test_a_disk_that_a_deployment_would_refuse_is_wrong(facts: dict[str, Any], says: str) -> None:
    found = said(machine.disk, seen(serving(B, **facts)))

    assert found == [("wrong", says, "fab prune --keep 2")]


def test_another_system_is_wrong() -> None:
    os = {"ID": "alpine", "PRETTY_NAME": "Alpine"}

    ((level, says, _),) = said(machine.system, seen(serving(B, os=os)))

    assert (level, says) == ("wrong", "runs Alpine; Flaskyard needs Debian 12 or newer")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.9, []),
        (7.0, [("warn", "its clock is 7 s ahead of the one here")]),
        (-70.0, [("wrong", "its clock is 70 s behind the one here")]),
    ],
)
def test_a_clock_that_is_off_is_told(seconds: float, told: list[tuple[str, str]]) -> None:
    assert [one[:2] for one in said(machine.clock, seen(skew_seconds=seconds))] == told

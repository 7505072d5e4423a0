"""The hosts that everything happens to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.conftest import booted
from tests.deployment.faults.choice import ALL
from tests.deployment.faults.fleet import Fleet
from tests.deployment.faults.gate import Gate, points
from tests.deployment.faults.stage import Stage
from tests.deployment.project import Project
from tests.lab.lab import Lab

# Minutes of waiting for each case.
collect_ignore = [] if ALL else ["test_fleet_for_long.py"]


@pytest.fixture(scope="module")
def three(lab: Lab, snapshots: str, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return fleet(lab, snapshots, 3, tmp_path_factory.mktemp("three") / "site")


@pytest.fixture(scope="module")
def two(lab: Lab, snapshots: str, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return fleet(lab, snapshots, 2, tmp_path_factory.mktemp("two") / "site")


def fleet(lab: Lab, snapshots: str, count: int, folder: Path) -> Fleet:
    hosts = lab.up(count, source=snapshots)
    for host in hosts:
        booted(lab, host)
    project = Project(folder, lab.ssh_config, hosts=tuple(host.name for host in hosts))
    project.fab("deploy")  # which makes one fleet of servers that each were one
    return Fleet(lab, hosts, project, {host.name: Gate(lab, host) for host in hosts})


@pytest.fixture(scope="module")
def stage(lab: Lab, snapshots: str, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    (host,) = lab.up(1, source=snapshots)
    booted(lab, host)
    project = Project(tmp_path_factory.mktemp("steps") / "site", lab.ssh_config)
    gate = Gate(lab, host)
    project.version("rehearsal")
    project.fab("deploy")
    lab.run(host, "sync")
    return Stage(lab, host, project, gate, points(gate.journal()))

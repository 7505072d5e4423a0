"""Hosts and projects for the deployment's tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.pytest_lab import lab as lab

Make = Callable[..., Project]


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    """Give a project for one host."""
    return Project(tmp_path / "site", lab.ssh_config)


@pytest.fixture(scope="module")
def snapshots(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a snapshot of a host that a project's version one is live on."""
    folder = tmp_path_factory.mktemp("first") / "site"
    host = lab.up(1)[0]
    first = Project(folder, lab.ssh_config)
    first.fab("bootstrap")
    first.fab("deploy")
    lab.snap(host, "live")
    return "live"


@pytest.fixture
def bare(lab: Lab) -> Host:
    """Give a new host."""
    return lab.up(1)[0]


@pytest.fixture
def host(lab: Lab, snapshots: str) -> Host:
    """Give a host with a live release, once all of it has booted."""
    host = lab.up(1, source=snapshots)[0]
    booted(lab, host)
    return host


def booted(lab: Lab, host: Host) -> None:
    """Return when systemd has nothing left to start."""
    state = lab.run(host, "systemctl", "is-system-running", "--wait", check=False).stdout
    assert state == "running\n"

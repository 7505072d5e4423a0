"""The host that everything happens to."""

from __future__ import annotations

import pytest

from tests.deployment.conftest import booted
from tests.deployment.faults.gate import Gate, points
from tests.deployment.faults.stage import Stage
from tests.deployment.project import Project
from tests.lab.lab import Lab


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

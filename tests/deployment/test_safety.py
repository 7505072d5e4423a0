"""Who may deploy may not become root, whatever is sent."""

from __future__ import annotations

import pytest

from tests.deployment.crafted import CAUGHT, VICTIM, craft
from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def test_nothing_that_a_release_brings_runs_as_root_or_stays_anybodys_else(
    lab: Lab, host: Host, project: Project
) -> None:
    lab.run(host, "touch", VICTIM)
    craft(project)
    project.commit("become root")

    project.fab("deploy")
    project.version("two")
    project.fab("deploy")

    assert lab.run(host, "test", "-e", CAUGHT, check=False).returncode == 1
    assert lab.run(host, "test", "-e", VICTIM, check=False).returncode == 0
    not_roots = ("-not", "-user", "root", "-o", "-not", "-type", "l", "-perm", "/6022")
    assert lab.run(host, "find", "/srv/yard", *not_roots).stdout == ""

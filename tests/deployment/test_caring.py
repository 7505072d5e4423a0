"""A site is cared for while visitors are there, and none of them notices."""

from __future__ import annotations

import pytest

from tests.deployment.project import Project
from tests.deployment.test_refusals import as_it_is
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def processes(lab: Lab, host: Host) -> set[str]:
    return set(lab.run(host, "pgrep", "-u", "yard-default").stdout.split())


def test_a_pool_restarts_without_losing_a_request(lab: Lab, host: Host, project: Project) -> None:
    before, old = as_it_is(lab, host), processes(lab, host)

    with traffic(host.ip) as seen:
        project.fab("restart", "default")

    assert seen.failures == []
    assert set(seen.seen) == {"one"}
    assert processes(lab, host) & old == set()
    assert as_it_is(lab, host) == before

"""Each fault of the table ends as the table says, and no visitor loses by it unless it says so."""

from __future__ import annotations

import pytest

from tests.deployment.conftest import booted
from tests.deployment.faults import state
from tests.deployment.faults.table import FAULTS, PAGE_MD, End, document
from tests.deployment.faults.visitors import visitors
from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def one(lab: Lab, snapshots: str) -> Host:
    """Give the host that all faults befall in turn; each leaves it as it was."""
    (host,) = lab.up(1, source=snapshots)
    booted(lab, host)
    return host


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_as_the_table_says(lab: Lab, one: Host, project: Project, name: str) -> None:
    fault = FAULTS[name]
    state.keep_warm(lab, one)
    live, before = project.live(), state.all_of(lab, one)
    well = fault.end is not End.REFUSED or "nginx" not in name
    new = project.version("broken")
    fault.inject(lab, one, project)
    new = project.commit(name)

    try:
        with visitors(one.ip) as visits:
            done = project.try_fab("deploy", *fault.words)
    finally:
        for script in fault.heal:
            lab.run(one, "sh", "-ec", script)

    assert done.code == (0 if fault.end is End.NEW else 1), done
    assert fault.says in done.err
    assert 'Traceback (most recent call last):\n  File "/tmp' not in done.err
    assert visits.sent > 0
    if well and fault.end is not End.SHORT:
        assert visits.lost == []
    if fault.end is End.NEW:
        assert project.live() == [new]
    else:
        assert (project.live(), state.all_of(lab, one)) == (live, before)
    assert state.orphans(lab, one) == ""
    # Quiet again: one release, whole.
    with visitors(one.ip) as quiet:
        project.live()
    assert (quiet.lost, len(quiet.seen)) == ([], 1)


def test_the_table_of_the_documentation_is_that_of_these_tests() -> None:
    assert PAGE_MD.read_text("utf-8") == document()

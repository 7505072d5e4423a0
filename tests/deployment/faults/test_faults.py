"""Each fault of the table ends as the table says, and no visitor loses by it unless it says so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.deployment.conftest import booted
from tests.deployment.faults import counts, state
from tests.deployment.faults.clock import DAY_SECONDS, a_day_ahead, dated
from tests.deployment.faults.fault import WELL_UNITS, End, app, drop_in
from tests.deployment.faults.servers import FUSSY_APP, LINK
from tests.deployment.faults.table import ELSEWHERE, FAULTS, PAGE_MD, document, loses_nothing
from tests.deployment.faults.visitors import visitors
from tests.deployment.project import DOMAIN, Project
from tests.deployment.traffic import ASKS, Ask
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def one(lab: Lab, snapshots: str) -> Host:
    """Give the host that all faults befall in turn; each leaves it as it was."""
    (host,) = lab.up(1, source=snapshots)
    booted(lab, host)
    return host


@pytest.fixture(scope="module")
def target(lab: Lab, one: Host, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Deploy a release for rollbacks to go to, and another upon it; return the first."""
    project = Project(tmp_path_factory.mktemp("target") / "site", lab.ssh_config)
    (project.folder / "apps" / "marker.py").write_text(FUSSY_APP)
    fussy = project.commit("fussy")
    project.fab("deploy")
    project.version("after")
    project.fab("deploy")
    lab.run(one, "ln", "-s", f"/srv/yard/releases/{fussy}", LINK)
    return fussy


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_as_the_table_says(
    lab: Lab, one: Host, project: Project, request: pytest.FixtureRequest, name: str
) -> None:
    fault = FAULTS[name]
    to = request.getfixturevalue("target") if fault.back else ""
    state.keep_warm(lab, one)
    if fault.back:
        state.sh(lab, one, f"systemctl stop 'yard-default@{to}.*'")
    live, before = project.live(), state.all_of(lab, one)
    project.version("broken")
    fault.inject(lab, one, project)
    new = project.commit(name)
    task = ("rollback", "--to", to) if fault.back else ("deploy", *fault.words)

    try:
        with visitors(one.ip) as visits:
            since = time.monotonic()
            done = project.try_fab(*task)
            took = time.monotonic() - since
    finally:
        for script in fault.heal:
            lab.run(one, "sh", "-ec", script)
    counts.note(name, {"all": [visits.sent, len(visits.lost)]})

    assert done.code == (0 if fault.end is End.NEW else 1), done
    assert fault.says in done.err
    assert 'Traceback (most recent call last):\n  File "/tmp' not in done.err
    assert took < fault.within_seconds, done
    assert visits.sent > 0
    if loses_nothing(name):
        assert visits.lost == []
    if fault.end is not End.NEW:
        assert state.all_of(lab, one) == before
    assert visits.releases <= {*live, new}
    assert state.orphans(lab, one) == ""
    # Quiet again: one release, whole.
    with visitors(one.ip) as quiet:
        now = project.live()
    assert now == ([new] if fault.end is End.NEW else live)
    assert (quiet.lost, len(quiet.seen), quiet.releases) == ([], 1, set(now))


def test_a_clock_that_is_set_back_changes_no_order(lab: Lab, one: Host, project: Project) -> None:
    project.version("tomorrow")
    ahead = dated(project, DAY_SECONDS)
    with a_day_ahead(lab, one):
        project.fab("deploy")
    manifest = f"/srv/yard/releases/{ahead}/release.json"
    state.sh(lab, one, f"sed -i 's/\\(installed\": *\"\\)20../\\12099/' {manifest}")
    project.version("today")
    now = dated(project, -DAY_SECONDS)

    with visitors(one.ip) as visits:
        project.fab("deploy")
        assert project.live() == [now]
        project.fab("rollback")
        assert project.live() == [ahead]
        project.fab("deploy")
        assert project.live() == [now]

    assert now < ahead, "in the order of their names"
    assert visits.lost == []
    assert visits.releases == {now, ahead}
    rows = project.told("releases")
    assert [row["release"] for row in rows][:2] == [now, ahead]
    (history,) = project.told("history")
    assert [did["release"] for did in history["records"]][-4:] == [ahead, now, ahead, now]
    assert history["broken"] is None
    assert state.orphans(lab, one) == ""


STUBBORN = """
import atexit
import time

quick = application
atexit.register(time.sleep, 1000)


def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(4)
    return quick(environ, start_response)
"""


def test_an_old_release_that_does_not_stop_ends_its_requests_and_is_killed(
    lab: Lab, one: Host, project: Project
) -> None:
    drop_in("[Service]\\nTimeoutStopSec=6\\n")(lab, one, project)
    app(STUBBORN)(lab, one, project)
    stubborn = project.commit("stubborn")
    project.fab("deploy")
    slow = Ask("GET", DOMAIN, "/marker/slow", ASKS[3].version)
    following = project.version("next")
    with visitors(one.ip, 2, [slow]) as under_way:
        time.sleep(1)
        project.fab("deploy")
    # What is to happen in five minutes.
    state.sh(lab, one, f"systemctl start --no-block yard-retire-{stubborn}.service")

    with visitors(one.ip) as visits:
        time.sleep(0.5)
        new = project.version("after")
        project.fab("deploy")
        ended = f"! systemctl list-units --plain --no-legend | grep default@{stubborn}"
        state.sh(lab, one, f"timeout 40 sh -c 'until {ended}; do sleep 0.1; done'")

    state.sh(lab, one, WELL_UNITS[0])
    assert (under_way.lost, visits.lost) == ([], [])
    assert stubborn in under_way.releases
    assert visits.releases == {following, new}
    assert project.live() == [new]
    assert state.orphans(lab, one) == ""


def test_the_tables_of_the_documentation_are_those_of_these_tests() -> None:
    assert PAGE_MD.read_text("utf-8") == document()


def test_no_request_was_lost_in_the_run_that_the_tables_tell_of() -> None:
    known = counts.read()
    lost = {name: known[name]["all"][1] for name in FAULTS if loses_nothing(name)}
    assert set(lost.values()) == {0}, lost


@pytest.mark.parametrize("what", ELSEWHERE)
def test_each_test_that_the_page_names_is_there(what: str) -> None:
    file, _, test = ELSEWHERE[what][1].partition("::")
    assert f"\ndef {test}(" in (TESTS / file).read_text("utf-8")

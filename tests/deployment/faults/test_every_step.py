"""Whatever dies at whatever step of a deployment: the old release or the new, nothing between.

The steps are those of a real journal. A run takes some by chance; ``FAULTS_ALL=1`` takes all.
"""

from __future__ import annotations

import time

import pytest

from tests.deployment.conftest import booted
from tests.deployment.faults import state
from tests.deployment.faults.choice import some
from tests.deployment.faults.gate import AGENT
from tests.deployment.faults.stage import Stage
from tests.deployment.faults.visitors import visitors

pytestmark = pytest.mark.lab

AT_A_TIME = 2
"""Of about thirty steps, in an ordinary run."""

BOOT_SECONDS = 10


def test_an_agent_killed_at_any_step_takes_back_or_finishes(stage: Stage) -> None:
    lab, host, project = stage.lab, stage.host, stage.project
    with visitors(host.ip) as visits:
        for step, note in some(stage.steps, AT_A_TIME, "agent"):
            state.keep_warm(lab, host)
            before, live = state.all_of(lab, host), project.live()

            release, running = stage.deploy_until(step)
            stage.gate.kill()
            out, err = running.communicate(timeout=60)

            if stage.settled():
                assert running.returncode == 0, (note, out, err)
                assert project.live() == [release], note
            else:
                assert running.returncode == 1, (note, out, err)
                assert "every server is as it was before" in err, note
                assert (project.live(), state.all_of(lab, host)) == (live, before), note
            assert state.orphans(lab, host) == "", note
    assert visits.lost == []


HALF = "/srv/yard/maintenance/page.html.new"
SLOW_SYNC = f"""\
#!/bin/sh
case "$*" in *{HALF}*) sleep 60;; esac
exec /usr/bin/sync.real "$@"
"""
KILLED = f"""\
timeout 60 sh -c 'until [ -e {HALF} ]; do sleep 0.02; done'
systemctl kill --signal=KILL --kill-whom=main {AGENT}
"""


def test_an_agent_killed_in_the_middle_of_a_file_leaves_nothing_of_it(stage: Stage) -> None:
    lab, host, project = stage.lab, stage.host, stage.project
    state.keep_warm(lab, host)
    before = state.all_of(lab, host)
    lab.run(host, "mv", "/usr/bin/sync", "/usr/bin/sync.real")
    try:
        lab.run(host, "sh", "-c", "cat > $0 && chmod 755 $0", "/usr/bin/sync", feed=SLOW_SYNC)
        with project.start_fab("maintenance", "on") as running:
            state.sh(lab, host, KILLED)
            out, err = running.communicate(timeout=60)
    finally:
        lab.run(host, "mv", "/usr/bin/sync.real", "/usr/bin/sync")

    assert running.returncode == 1, (out, err)
    assert "every server is as it was before" in err
    assert state.all_of(lab, host) == before
    assert state.orphans(lab, host) == ""


def test_a_connection_lost_at_any_step_is_made_anew(stage: Stage) -> None:
    lab, host, project = stage.lab, stage.host, stage.project
    with visitors(host.ip) as visits:
        for step, note in some(stage.steps, AT_A_TIME, "connection"):
            release, running = stage.deploy_until(step)
            lab.run(host, "pkill", "-KILL", "-f", "sshd: deploy")
            stage.gate.let_go()
            out, err = running.communicate(timeout=60)

            assert running.returncode == 0, (note, out, err)
            assert project.live() == [release], note
            assert state.orphans(lab, host) == "", note
    assert visits.lost == []


def test_a_deployer_killed_at_any_step_can_be_followed_by_another(stage: Stage) -> None:
    lab, host, project = stage.lab, stage.host, stage.project
    with visitors(host.ip) as visits:
        for step, note in some(stage.steps, AT_A_TIME, "deployer"):
            release, running = stage.deploy_until(step)
            running.kill()
            running.communicate()
            stage.gate.let_go()

            project.fab("attach")

            assert project.live() == [release], note
            assert state.orphans(lab, host) == "", note
    assert visits.lost == []


def test_a_server_that_loses_power_at_any_step_boots_with_one_complete_release(
    stage: Stage,
) -> None:
    lab, host, project = stage.lab, stage.host, stage.project
    for step, note in some(stage.steps, AT_A_TIME, "power"):
        before, live = state.files(lab, host), project.live()

        release, running = stage.deploy_until(step)
        settled = stage.settled()
        running.kill()
        running.communicate()
        lab.kill(host, lose_unsynced=True)
        since = time.monotonic()
        lab.start(host)
        booted(lab, host)
        took = time.monotonic() - since

        assert took < BOOT_SECONDS, note
        with visitors(host.ip) as visits:
            assert project.live() == ([release] if settled else live), note
        assert visits.lost == [], note
        assert len(visits.seen) == 1, note
        if not settled:
            assert state.files(lab, host) == before, note
        assert state.orphans(lab, host) == "", note

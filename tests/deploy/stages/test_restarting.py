"""A pool gets new processes while others answer for it."""

from __future__ import annotations

import os
import subprocess

import pytest

from deploy.acting.steps import Plan, Put, Steps
from deploy.errors import PlanError
from deploy.onhost.ask import of_unit
from deploy.release import JobPart
from deploy.server.look import State, VaultFound
from deploy.server.render import stand_in, unit
from deploy.stages.restarting import restart
from tests.deploy.sample import AT, SITE, STAMP, A, serving

UNIT = AT.template("default", "service")


def found() -> State:
    state = serving(A)
    units = {**state.units, AT.unit(A.id, "default", "socket"): {"ActiveState": "active"}}
    return state.model_copy(
        update={"units": units, "files": {UNIT: unit("service", "default", SITE, AT)}}
    )


def commands(steps: Steps) -> list[str]:
    return [str(step.do) for step in steps]


@pytest.fixture
def plan() -> Plan:
    return restart(AT, found(), A, "default")


def test_its_own_service_stops_only_once_another_was_asked(plan: Plan) -> None:
    notes = [step.note for step in plan]

    assert notes.index("ask every worker of that") < notes.index("restart its own")
    assert notes.index("restart its own") < notes.index("stop the second")


def test_nothing_stays_of_the_second_whether_it_is_done_or_taken_back(plan: Plan) -> None:
    (path,) = (step.do.path for step in plan if isinstance(step.do, Put))

    undone = [str(step.undo) for step in reversed(plan.prepare) if step.undo]
    assert commands(plan.tidy)[1:] == [f"rm -f {path}", "systemctl daemon-reload"]
    assert undone[1:] == commands(plan.tidy)[1:]
    assert undone[0] == commands(plan.tidy)[0]


def test_a_restart_that_was_cut_off_leaves_the_pool_running(plan: Plan) -> None:
    own = next(step for step in plan.publish if step.note == "restart its own")

    assert str(own.undo) == f"systemctl start {AT.unit(A.id, 'default', 'service')}"


def test_the_second_is_as_the_first_and_listens_where_it_does() -> None:
    text = unit("service", "default", SITE, AT)

    made = stand_in(text, "yard-default@r.socket").splitlines()

    assert set(made) - set(text.splitlines()) == {
        "Sockets=yard-default@r.socket",
        "Description=yard: pool default, release %i, while it restarts",
    }
    assert made[made.index("[Service]") + 1] == "Sockets=yard-default@r.socket"


def test_the_second_has_a_name_that_no_pool_can_have() -> None:
    assert "_" in AT.stand_in("default")


def test_a_pool_that_is_not_there_is_told_with_those_there_are() -> None:
    with pytest.raises(PlanError, match="no pool 'nope'; it has default"):
        restart(AT, found(), A, "nope")


def test_a_pool_that_does_not_run_is_not_restarted() -> None:
    stopped = found().model_copy(update={"units": {}})

    with pytest.raises(PlanError, match="pool default does not run; see: fab logs"):
        restart(AT, stopped, A, "default")


def test_nothing_is_restarted_where_nothing_is_live() -> None:
    with pytest.raises(PlanError, match="has no live release; run: fab deploy"):
        restart(AT, found(), None, "default")


def test_a_process_of_no_unit_counts_for_none() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert of_unit(child.pid, "")
        assert not of_unit(child.pid, "flaskyard-nothing.service")
        child.kill()
    assert not of_unit(os.getpid(), "flaskyard-nothing.service")


def test_secrets_that_were_set_since_are_tried_by_the_second_and_taken_back_with_it() -> None:
    vault = VaultFound(run="2" * 16, time=STAMP.time)
    state = found().model_copy(update={"vault": vault, "handed": {A.id: "1" * 16}})

    plan = restart(AT, state, A, "default")

    notes = [step.note for step in plan]
    assert notes[0] == "hand it the secrets that are set now"
    assert notes.index("forget secrets it had before") > notes.index("stop the second")
    own = next(step for step in plan.publish if step.note == "restart its own")
    assert "systemctl restart" in str(own.undo), "it may have begun with them"
    assert f"/etc/flaskyard/yard/releases/{A.id}" in str(own.undo)
    assert notes[0] not in [step.note for step in restart(AT, found(), A, "default")]


def test_its_workers_and_schedule_follow_once_that_holds() -> None:
    part = JobPart(kind="worker", pool="default", name="worker.portal.mail")
    other = JobPart(kind="worker", pool="files", name="worker.files.mail")
    live = A.model_copy(update={"jobs": (part, other)})
    unit = AT.job_unit(A.id, "default", part.name)
    units = {**found().units, unit: {"ActiveState": "active"}}

    plan = restart(AT, found().model_copy(update={"units": units}), live, "default")

    assert str(plan.tidy[-1].do) == f"systemctl restart --no-block {unit}"
    assert plan.tidy[-1].undo is None

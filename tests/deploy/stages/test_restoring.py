"""A pool gets other data while nothing of it runs, and back what it had where that fails."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.acting.steps import Plan, Run, Script
from deploy.errors import PlanError
from deploy.protocol.data_words import Packed, Restore
from deploy.release import JobPart
from deploy.server.look import State
from deploy.stages.restoring import restore
from tests.deploy.sample import AT, STAMP, A, B, file, serving

CAME = Packed(pool="default", file=file("default.tar.gz", "a"))
BEFORE = Packed(pool="default")
LIVE = A.model_copy(
    update={
        "jobs": (
            JobPart(kind="migrate", pool="default", name="migrate.portal"),
            JobPart(kind="migrate", pool="default", name="migrate.shared", once=True),
            JobPart(kind="worker", pool="default", name="worker.portal.mail"),
        )
    }
)
WORKER = AT.job_unit(A.id, "default", "worker.portal.mail")
OLD = AT.unit(B.id, "default", "service")


def found(**more: object) -> State:
    active = {"ActiveState": "active"}
    names = (AT.unit(A.id, "default", "socket"), WORKER, OLD, "yard-other@x.service")
    state = serving(LIVE)
    units = {**state.units, **dict.fromkeys(names, active)}
    return state.model_copy(update={"units": units, **more})


def planned(*pools: Packed, state: State | None = None) -> Plan:
    return restore(AT, state or found(), LIVE, Restore(pools=pools, stamp=STAMP))


def test_the_data_are_unpacked_and_checked_before_anything_stops() -> None:
    plan = planned(CAME)

    assert [step.note for step in plan.publish] == [
        "stop its releases of before",
        "stop its workers and schedule",
        "restart default with the other data",
        "ask every worker and every app",
        "start its workers and schedule",
    ]
    unpack = next(step for step in plan.prepare if "unpack" in step.note)
    words = unpack.do.argv if isinstance(unpack.do, Run) else ()
    assert "--property=User=yard-default" in words
    assert f"--property=ReadWritePaths={AT.restored('default', 'new')}" in words
    assert "--property=PrivateNetwork=yes" in words


def test_what_runs_of_the_pool_and_nothing_else_is_stopped() -> None:
    plan = planned(CAME)

    stopped = [str(step.do) for step in plan.publish[:2]]
    assert OLD in stopped[0]
    assert WORKER in stopped[1]
    assert not [one for one in stopped if "yard-other" in one]
    back = [str(step.undo) for step in plan.publish[:2]]
    assert back == [f"systemctl start {OLD}", f"systemctl start {WORKER}"]


def test_a_failure_puts_back_what_was_there() -> None:
    (swap,) = (step for step in planned(CAME).publish if isinstance(step.do, Script)
               and step.do.name == "swap")  # fmt: skip

    assert isinstance(swap.do, Script)
    assert isinstance(swap.undo, Script)
    do, undo = json.loads(swap.do.input), json.loads(swap.undo.input)
    assert (do.pop("to"), undo.pop("to")) == ("new", "old")
    assert do == undo


def test_databases_of_the_server_are_migrated_before_the_pool_starts() -> None:
    (told,) = (str(step.do) for step in planned(CAME).prepare if "restore.conf" in step.note)

    (line,) = (line for line in told.splitlines() if line.startswith("ExecStartPre="))
    assert line.endswith(f"/note yard-default.migrate.portal@{A.id}.service")
    assert " -m deploy.onhost.swap /var/lib/yard/default " in line


def test_what_was_sent_is_gone_however_it_ends() -> None:
    plan = planned(CAME)

    sent = AT.sent("a" * 64)
    assert sent in str(plan.tidy[-1].do)
    assert [step for step in plan.prepare if step.undo and sent in str(step.undo)]


def test_what_is_kept_is_not_lost_where_keeping_it_was_cut_off(tmp_path: Path) -> None:
    (step,) = (step for step in planned(CAME).tidy if step.note.startswith("keep the data"))
    assert isinstance(step.do, Run)
    *script, data, new, note, sent = step.do.argv
    paths = [tmp_path / Path(one).name for one in (data, new, note, sent)]
    paths[1].mkdir()
    (paths[1] / "of-before").touch()

    for _ in range(2):
        subprocess.run([*script, *map(str, paths)], check=True)
        assert (paths[0] / "of-before").exists()


def test_the_data_of_before_come_back_where_there_are_any() -> None:
    there = {AT.restored("default", "data"): "1001 700"}

    plan = planned(BEFORE, state=found(folders=there))

    assert plan.title == "restore the data of before of default"
    assert not [step for step in plan if "unpack" in step.note]
    with pytest.raises(PlanError, match="has no data of pool default from before a restore"):
        planned(BEFORE)


def test_a_pool_that_is_not_there_or_does_not_run_is_told() -> None:
    with pytest.raises(PlanError, match="its release has no pool 'x'; it has default"):
        planned(Packed(pool="x", file=CAME.file))
    with pytest.raises(PlanError, match="pool default does not run"):
        planned(CAME, state=serving(LIVE).model_copy(update={"units": {}}))
    with pytest.raises(PlanError, match="has no live release"):
        restore(AT, found(), None, Restore(pools=(CAME,), stamp=STAMP))


def test_a_pool_has_one_place_for_its_data() -> None:
    with pytest.raises(ValidationError, match="one place"):
        Restore(pools=(CAME, BEFORE), stamp=STAMP)

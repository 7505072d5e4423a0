"""What runs beside the pools: migrated before anything starts, swapped once it is live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.acting.steps import Plan, Put, Steps
from deploy.release import Release, job_parts
from deploy.server.look import State
from deploy.stages import ground, jobs, plans
from tests.deploy.sample import AT, BUNDLE, SITE, STAMP, WORKING, B, ready, serving

EACH = replace(WORKING, apps=(replace(WORKING.apps[0], migrate_on="each"),))
NEW = BUNDLE.id
LIVE = B.model_copy(update={"jobs": job_parts(WORKING)})
WORKER, CLOCK = "yard-default.worker.portal.mail", "yard-default.schedule.portal"


def found(*, schedules: bool = True) -> State:
    """Return a server where the jobs of a release run."""
    state = serving(LIVE, schedules=schedules)
    names = (WORKER, CLOCK) if schedules else (WORKER,)
    running = {f"{name}@{LIVE.id}.service": {"ActiveState": "active"} for name in names}
    return state.model_copy(update={"units": {**state.units, **running}})


def deploy(state: State, site: object = WORKING, **placed: bool | None) -> Plan:
    return plans.deploy(AT, site, BUNDLE, state, STAMP, **placed)  # type: ignore[arg-type]


def notes(steps: Steps) -> list[str]:
    return [step.note for step in steps]


def test_a_deployment_migrates_before_it_starts_and_swaps_workers_once_it_is_live() -> None:
    plan = deploy(found(), migrates=True, schedules=True)

    assert plan.migrates
    assert "start its pools" not in notes(plan.prepare)
    assert notes(plan.migrate) == ["migrate portal, after a backup where it has SQLite"]
    assert notes(plan.start) == [
        "start its pools",
        "ask every worker and every app",
        "collect its static files",
        "stop the schedule",
    ]
    assert notes(plan.publish)[-4:] == [
        "ask every app through nginx",
        "start its workers",
        "start its schedule",
        "see that what it runs beside its pools goes on",
    ]
    assert notes(plan.tidy)[0] == "let the workers of before end"


def test_one_server_migrates_what_all_share_and_each_its_own() -> None:
    assert deploy(found(), migrates=True).migrate
    assert not deploy(found(), migrates=False).migrate
    assert deploy(found(), EACH, migrates=False).migrate


def test_servers_that_do_not_migrate_wait_for_the_one_that_does() -> None:
    orders = [order for order, _ in deploy(found(), migrates=False).stages]

    assert orders == ["", "migrate", "start", "publish"]


def test_a_site_without_migrations_waits_for_none() -> None:
    plan = deploy(serving(B), SITE)

    assert [order for order, _ in plan.stages] == ["", "publish"]


def test_what_is_taken_back_has_the_old_schedule_after_the_new_one_has_ended() -> None:
    plan = deploy(found(), migrates=True, schedules=True)

    undone = [str(step.undo) for step in reversed(tuple(plan)) if step.undo]
    ends = next(n for n, text in enumerate(undone) if f"{CLOCK}@{NEW}.service" in text)
    begins = undone.index(f"systemctl start {CLOCK}@{LIVE.id}.service")
    assert ends < begins
    assert f"systemctl stop --no-block {WORKER}@{NEW}.service" in undone


@pytest.mark.parametrize(
    ("here", "schedules", "started", "noted"),
    [
        (True, True, True, None),
        (True, None, True, None),
        (False, None, False, None),
        (False, True, True, "note that schedules run here"),
        (True, False, False, "note that schedules run elsewhere"),
    ],
    ids=["stays", "stays, with --only", "stays elsewhere", "comes", "goes"],
)
def test_the_schedule_runs_where_it_is_placed_alone(
    here: bool, schedules: bool | None, started: bool, noted: str | None
) -> None:
    plan = deploy(found(schedules=here), schedules=schedules)

    assert ("stop the schedule" in notes(plan.start)) == here
    assert ("start its schedule" in notes(plan.publish)) == started
    assert [note for note in notes(plan.publish) if note.startswith("note that sched")] == (
        [noted] if noted else []
    )


def test_a_live_release_whose_schedule_is_elsewhere_now_is_only_that() -> None:
    state = found().model_copy(
        update={"current": AT.folder(NEW), "releases": {NEW: LIVE.model_copy(update={"id": NEW})}}
    )

    moved = deploy(state, schedules=False)

    assert notes(moved.prepare) == ["stop the schedule"]
    assert "start its pools" not in notes(tuple(moved))
    assert "note that schedules run elsewhere" in notes(moved.publish)


def test_a_rollback_swaps_workers_and_schedule_back_and_migrates_nothing() -> None:
    old = LIVE.model_copy(update={"id": "20261101T000000-aaaaaaa"})
    state = found()
    state = state.model_copy(update={"releases": {**state.releases, old.id: old}})

    plan = plans.rollback(AT, state, old)

    assert not plan.migrates
    texts = [str(step.do) for step in plan]
    assert any(f"{WORKER}@{old.id}.service" in text for text in texts)
    assert f"systemctl stop --no-block {WORKER}@{LIVE.id}.service" in texts
    assert notes(plan.prepare)[-1] == "stop the schedule"
    assert "start its schedule" in notes(plan.publish)


def test_a_release_names_what_a_boot_starts() -> None:
    puts = {
        step.do.path.rpartition("/")[2]: step.do.content
        for step in deploy(found()).prepare
        if isinstance(step.do, Put)
    }

    assert puts["workers"] == f"{WORKER}\n"
    assert puts["schedules"] == f"{CLOCK}\n"


def test_a_release_is_kept_while_one_of_its_workers_finishes() -> None:
    ids = [f"202611{day:02}T000000-aaaaaaa" for day in range(1, 8)]
    olds = [Release.model_validate({**dict(B), "id": i, "installed": i}) for i in ids]
    state = serving(B, *olds)
    busy = {f"{WORKER}@{ids[0]}.service": {"ActiveState": "deactivating"}}
    state = state.model_copy(update={"units": {**state.units, **busy}})

    tidy = notes(plans.deploy(AT, SITE, BUNDLE, state, STAMP).tidy)

    assert f"remove {ids[0]}" not in tidy
    assert f"remove {ids[1]}" in tidy


def test_a_job_has_the_sandbox_of_its_pool_and_its_own_time() -> None:
    units = jobs.templates(AT, WORKING)

    pool = ground.templates(AT, WORKING)["/etc/systemd/system/yard-default@.service"]
    hardening = {line for line in pool.splitlines() if line.startswith(("Protect", "Restrict"))}
    assert len(units) == 3
    for text in units.values():
        assert hardening <= set(text.splitlines())
        assert "User=yard-default\n" in text
        assert "StateDirectory=yard/default\n" in text
    assert "TimeoutStartSec=7\n" in units[AT.job_template("default", "migrate.portal")]
    assert "TimeoutStopSec=600" in units[AT.job_template("default", "worker.portal.mail")]
    (command,) = {
        line
        for line in units[f"/etc/systemd/system/{WORKER}@.service"].splitlines()
        if "Exec" in line
    }
    assert command.endswith("python -m dispatcher.jobs worker portal mail")


def test_a_bare_server_is_asked_for_the_units_of_jobs() -> None:
    assert f"/etc/systemd/system/{CLOCK}@.service" in ground.asked(AT, WORKING)["files"]
    assert ready(WORKING).files[f"/etc/systemd/system/{CLOCK}@.service"]

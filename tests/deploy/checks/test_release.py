"""What is live runs, and is what was deployed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.checks import release
from deploy.protocol.examined import Health
from deploy.release import job_parts
from deploy.server.look import Closure, SecretFound, State, VaultFound
from dispatcher.registry.site_toml import parsed
from tests.deploy.checks.given import REGISTRY, said, seen
from tests.deploy.sample import AT, SITE, WORKING, A, B, ready, serving

UNIT = AT.unit(B.id, "default", "service")


def restarted(times: int) -> State:
    state = serving(B)
    unit = {"ActiveState": "active", "NRestarts": str(times)}
    return state.model_copy(update={"units": {**state.units, UNIT: unit}})


def test_a_server_without_a_release_is_told_how_to_get_one() -> None:
    assert said(release.release, seen(ready())) == [("wrong", "no release is live", "fab deploy")]


def test_a_live_release_without_a_manifest_is_told() -> None:
    lost = serving(B).model_copy(update={"releases": {}})

    ((level, says, _),) = said(release.release, seen(lost))

    assert level == "wrong"
    assert says.startswith(f"its live release {B.id} has lost its manifest")


@pytest.mark.parametrize(
    ("last", "publishing", "told"),
    [
        (None, False, []),
        ({"title": "deploy 1", "ended": "done"}, False, []),
        ({"title": "deploy 1", "ended": ""}, True, [("warn", "goes on now: deploy 1")]),
        (None, True, [("wrong", "a deployment was interrupted")]),
        (
            {"title": "deploy 1", "ended": "left"},
            False,
            [("wrong", "not all of it could be taken back: deploy 1")],
        ),
    ],
    ids=["none", "done", "goes on", "interrupted", "left"],
)
def test_what_is_half_done_is_told(
    last: dict[str, str] | None, publishing: bool, told: list[tuple[str, str]]
) -> None:
    found = said(release.transaction, seen(serving(B, publishing=publishing), last=last))

    assert [one[:2] for one in found] == told


@pytest.mark.parametrize(
    ("state", "health", "told"),
    [
        (serving(B), Health(workers=2, answered=2), []),
        (serving(B, running=(A.id,)), None, [("wrong", "pool default is not there")]),
        (
            serving(B),
            Health(workers=2, answered=1),
            [("warn", "pool default: 1 of 2 workers answered within 3 s")],
        ),
        (
            serving(B),
            Health(workers=2, answered=0),
            [("wrong", "pool default: 0 of 2 workers answered within 3 s")],
        ),
        (serving(B), Health(workers=2, answered=0, fault="oh no"), [("wrong", "oh no")]),
        (restarted(2), None, []),
        (restarted(3), None, [("warn", "pool default was restarted 3 times")]),
    ],
    ids=["well", "down", "one busy", "all busy", "not ready", "rare restarts", "restarts"],
)
def test_a_pool_that_is_not_well_is_told_with_where_to_look(
    state: State, health: Health | None, told: list[tuple[str, str]]
) -> None:
    found = said(release.pools, seen(state, health={"default": health} if health else {}))

    assert found == [(*one, "fab logs portal") for one in told]


def test_a_worker_and_a_schedule_that_do_not_run_are_told() -> None:
    live = B.model_copy(update={"jobs": job_parts(WORKING)})
    worker = f"yard-default.worker.portal.mail@{B.id}.service"

    found = said(release.beside, seen(serving(live, schedules=True), WORKING))

    assert found[0] == ("wrong", f"{worker} does not run", "fab logs portal --jobs")
    assert [one[1].partition("@")[0] for one in found] == [
        "yard-default.worker.portal.mail",
        "yard-default.schedule.portal",
    ]
    assert len(said(release.beside, seen(serving(live), WORKING))) == 1, "it runs elsewhere"


def test_what_is_closed_is_told_with_how_to_open_it() -> None:
    closures = tuple(
        Closure(app=app, allow=(), minutes=1, since="today", by="ada") for app in ("", "wiki")
    )

    assert said(release.closed, seen(serving(B, closed=closures))) == [
        ("warn", "all apps are closed for maintenance since today by ada", "fab maintenance off"),
        (
            "warn",
            "app wiki is closed for maintenance since today by ada",
            "fab maintenance off --app wiki",
        ),
    ]


def test_what_of_site_toml_is_not_deployed_is_told() -> None:
    wanted = parsed(Path("site.toml"), REGISTRY.replace('"/"', '"/new"'), "")

    (found,) = said(release.deployed, seen(site=wanted))

    assert found == ("warn", "site.toml is not deployed: addresses of app portal", "fab deploy")
    assert said(release.deployed, seen()) == []


def test_a_registry_of_another_time_is_no_fault_of_the_server() -> None:
    (found,) = said(release.deployed, seen(registry="apps = 7"))

    assert found[0] == "warn"
    assert "cannot be read by this version" in found[1]


def test_a_secret_that_is_not_set_is_told_with_how_to_set_it() -> None:
    app = replace(SITE.apps[0], config={"KEY": "{secret:API_KEY}"})
    site = replace(SITE, apps=(app,))
    there = VaultFound(names={"portal": {"API_KEY": SecretFound(made="today", by="ada")}})

    assert said(release.secrets, seen(site=site)) == [
        (
            "wrong",
            "secrets that site.toml names are not set",
            "fab secrets-set API_KEY --app portal",
        )
    ]
    assert said(release.secrets, seen(serving(B, vault=there), site)) == []

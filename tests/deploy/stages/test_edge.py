"""What a deployment does on an edge: no app is there, and nginx alone is told of a release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from deploy.acting.steps import Plan, Put, Script, Step
from deploy.release import Release, all_parts
from deploy.server import kernel, render
from deploy.server.look import State
from deploy.stages import edge, ground, plans
from dispatcher.registry.site import Server, Site
from tests.deploy.sample import AT, BARE, BUILT, BUNDLE, SITE, STAMP, WORKING, ready, serving

EDGED = replace(
    SITE,
    servers=(
        Server("edge", "edge", role="edge", address="10.0.0.1"),
        Server("web1", "web1", address="10.0.0.5"),
        Server("web2", "web2", address="fd00::6"),
    ),
)
HERE = EDGED.on("edge")
BEFORE = Release(
    id="20261120T100000-bbbbbbb",
    version="1",
    commit="0" * 40,
    pools=(),
    fronts=all_parts(SITE),
    routes=render.nginx(HERE, AT)[1],
    installed="2026-11-20T12:00:00+00:00",
    by="ada@desk",
)
LEADS = render.webs(HERE, AT)


def state(site: Site = HERE) -> State:
    """Return an edge with a live release."""
    live = serving(BEFORE, running=("none",))
    bare = ready(site)
    files = {**bare.files, AT.webs: LEADS}
    units = {name: unit for name, unit in live.units.items() if "@none" not in name}
    told = {"files": files, "keys": {}, "units": units, "users": bare.users}
    return live.model_copy(update=told)


def deployed(found: State, site: Site = HERE, out: tuple[str, ...] = ()) -> Plan:
    return plans.deploy(AT, site, BUNDLE, found, STAMP, 5, out=out)


def notes(steps: Iterable[Step]) -> list[str]:
    return [step.note for step in steps]


def test_an_edge_gets_neither_apps_nor_keys_nor_their_users() -> None:
    told = " ".join(notes(ground.lay(AT, HERE, BUILT, BARE, "deploy")))

    assert "yard-default" not in told
    assert AT.keys not in told
    assert f"write {kernel.EDGE}" in told


def test_a_release_of_an_edge_is_what_nginx_is_told_of_it() -> None:
    plan = deployed(state())

    assert notes(plan.prepare) == [
        "make the release's folder",
        "check the hashes of 1 files",
        "write its nginx configuration",
        "name its pools",
        "name its routes",
        "bring it to the disk",
        "write its manifest",
        "see that its host names are no other's",
    ]
    assert notes(plan.publish) == [
        "note that it begins",
        "go live",
        "ask every app through nginx",
        "ask every server behind it",
    ]
    assert not plan.migrates
    manifest = next(
        Release.model_validate_json(step.do.content)
        for step in plan.prepare
        if isinstance(step.do, Put) and step.do.path.endswith("release.json")
    )
    assert (manifest.pools, manifest.fronts) == ((), all_parts(SITE))


def test_what_runs_beside_the_apps_does_not_run_on_an_edge() -> None:
    site = replace(WORKING, servers=EDGED.servers).on("edge")

    plan = deployed(state(site), site)

    assert not any("migrate" in note or "worker" in note for note in notes(plan))


def test_the_first_release_has_nginx_led_somewhere_before_it_is_told_of_that() -> None:
    plan = deployed(
        state().model_copy(
            update={"current": None, "releases": {}, "files": {**state().files, AT.webs: None}}
        )
    )

    assert f"write {AT.webs}" in notes(plan.prepare)
    assert "reload nginx" in notes(plan.publish)


def test_servers_that_come_go_or_are_left_out_make_nginx_read_anew() -> None:
    plan = deployed(state(), out=("web2",))

    assert notes(plan.publish)[:2] == ["check nginx", f"write {AT.webs}"]
    assert "reload nginx" in notes(plan.publish)
    asked = next(step.do for step in plan.publish if step.note == "ask every server behind it")
    assert isinstance(asked, Script)
    assert '"webs":{"web1":"10.0.0.5"}' in asked.input


def test_one_that_was_left_out_is_led_to_again_though_the_release_is_live() -> None:
    found = state()
    out = {**found.files, AT.webs: render.webs(HERE, AT, ("web2",))}
    live = found.model_copy(
        update={
            "files": out,
            "releases": {BUNDLE.id: replaced(BUNDLE.id)},
            "current": AT.folder(BUNDLE.id),
        }
    )

    plan = deployed(live)

    assert edge.out_of(live, AT, HERE) == ("web2",)
    assert notes(plan.publish) == [
        "check nginx",
        f"write {AT.webs}",
        "reload nginx",
        "ask every server behind it",
        "ask every app through nginx",
    ]
    assert tuple(deployed(live.model_copy(update={"files": found.files}))) == ()


def replaced(name: str) -> Release:
    return BEFORE.model_copy(update={"id": name})


def test_a_rollback_of_an_edge_goes_back_with_nginx_alone() -> None:
    newer = BEFORE.model_copy(
        update={
            "id": BUNDLE.id,
            "routes": "0" * 12,
            "after": BEFORE.id,
            "installed": "2026-11-21T12:00:00+00:00",
        }
    )
    found = state().model_copy(
        update={
            "current": AT.folder(newer.id),
            "releases": {BEFORE.id: BEFORE, newer.id: newer},
        }
    )

    plan = plans.rollback(AT, found, plans.goal(found), 5)

    assert notes(plan.prepare) == []
    assert notes(plan.publish) == [
        "see that its host names are no other's",
        "check nginx",
        "note that it begins",
        "go live",
        "reload nginx",
        "ask every app through nginx",
    ]


def test_an_edge_leads_to_addresses_of_either_kind() -> None:
    assert "server 10.0.0.5:80 max_fails=1 fail_timeout=5s;  # web1\n" in LEADS
    assert "server [fd00::6]:80 max_fails=1 fail_timeout=5s;  # web2\n" in LEADS
    assert "10.0.0.1" not in LEADS


@pytest.mark.parametrize("name", ["web1", "web2"])
def test_on_the_others_everything_is_as_without_an_edge_but_nginx(name: str) -> None:
    there = EDGED.on(name)

    assert ground.templates(AT, there) == ground.templates(AT, SITE)
    assert "set_real_ip_from 10.0.0.1/32;" in render.nginx(there, AT)[0]

"""What differs from site.toml is told by name: on a server, or not deployed yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.checks import drift
from deploy.server.look import Closure, State
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Pool, Site
from tests.deploy.sample import AT, OTHER_SITE, SITE, B, serving

UNIT = AT.template("default", "service")
PORTAL, FILES = OTHER_SITE.apps
CLOSED = (Closure(app="", allow=(), minutes=1, since="today", by="ada"),)


def as_made(site: Site = SITE, closed: tuple[Closure, ...] = ()) -> State:
    state = serving(B, closed=closed)
    return state.model_copy(update={"files": {**state.files, **drift.made(AT, site, state)}})


@pytest.mark.parametrize("state", [as_made(), as_made(closed=CLOSED)], ids=["open", "closed"])
def test_files_as_they_were_made_are_not_strange(state: State) -> None:
    assert drift.strange(AT, SITE, state) == {}


def test_the_rights_of_another_user_are_not_strange() -> None:
    state = as_made()
    rights = (state.files[AT.sudoers] or "").replace("deploy ", "ada ")

    state = state.model_copy(update={"files": {**state.files, AT.sudoers: rights}})

    assert drift.strange(AT, SITE, state) == {}


@pytest.mark.parametrize(
    ("text", "told"), [(None, "missing"), ("[Unit]\n", "changed"), ("", "changed")]
)
@pytest.mark.parametrize(
    "path", [UNIT, AT.sudoers, AT.boot, f"{AT.current}/nginx.conf", f"{AT.maintenance}/server.conf"]
)
def test_a_file_that_was_lost_or_edited_is_strange(path: str, text: str | None, told: str) -> None:
    state = as_made(closed=CLOSED)

    state = state.model_copy(update={"files": {**state.files, path: text}})

    assert drift.strange(AT, SITE, state) == {path: told}


def test_more_rights_for_the_ssh_user_are_strange() -> None:
    state = as_made()
    rights = f"{state.files[AT.sudoers]}deploy ALL=(ALL) NOPASSWD: ALL\n"

    state = state.model_copy(update={"files": {**state.files, AT.sudoers: rights}})

    assert drift.strange(AT, SITE, state) == {AT.sudoers: "changed"}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (OTHER_SITE, []),
        (replace(OTHER_SITE, apps=(PORTAL,)), ["app files is gone"]),
        (replace(OTHER_SITE, apps=(PORTAL, FILES, App("new", "a:b", ()))), ["app new is new"]),
        (
            replace(
                OTHER_SITE,
                apps=(PORTAL, replace(FILES, pool="default", addresses=(Address("a.b"),))),
            ),
            ["addresses, pool of app files"],
        ),
        (
            replace(OTHER_SITE, pools=(Pool(), Pool("files", workers=7))),
            ["workers of pool files"],
        ),
        (replace(OTHER_SITE, domain="example.net"), ["domain of the site"]),
        (replace(OTHER_SITE, watch_seconds=60), []),
    ],
    ids=["nothing", "gone", "new", "moved", "settings", "domain", "nothing to a server"],
)
def test_what_is_not_deployed_is_named(wanted: Site, told: list[str]) -> None:
    assert list(drift.undeployed(OTHER_SITE, wanted)) == told

"""What Flaskyard put on a server is as it left it, and nobody else can change it."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.checks import ours
from deploy.server.look import State
from tests.deploy.checks.given import HELLO, said, seen
from tests.deploy.sample import AGENT, AT, KEYS, B, serving

UNIT = AT.template("default", "service")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, []),
        (
            {"hello": {**HELLO, "agent": "agent-0"}},
            ["its agent is of another version, and takes no deployment"],
        ),
        (
            {"refusal": "its agent does not answer; run: fab bootstrap", "hello": {}},
            ["its agent does not answer"],
        ),
        ({"state": serving(B, agent=None)}, ["is not made ready for this site yet"]),
        (
            {"state": serving(B).model_copy(update={"units": {}})},
            [f"{AT.agent_socket} does not run"],
        ),
    ],
    ids=["well", "another version", "silent", "bare", "does not listen"],
)
def test_an_agent_that_takes_no_deployment_is_told(more: dict[str, Any], says: list[str]) -> None:
    found = said(ours.agent, seen(**more))

    assert found == [("wrong", one, "fab bootstrap") for one in says]
    assert HELLO["agent"] == AGENT.name


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({AT.keys: KEYS}, []),
        ({}, ["has no keys to sign with"]),
        (
            {AT.keys: KEYS.model_copy(update={"right": "0 644"})},
            [f"{AT.keys} can be read by others"],
        ),
    ],
    ids=["well", "none", "open"],
)
def test_keys_that_are_lost_or_open_are_told(keys: dict[str, object], says: list[str]) -> None:
    found = said(ours.keys, seen(serving(B, keys=keys)))

    assert [one[1] for one in found] == says


def test_files_that_were_edited_or_lost_are_told_with_what_makes_them_anew() -> None:
    strange = {
        UNIT: "changed",
        AT.sudoers: "missing",
        f"{AT.maintenance}/page.html": "changed",
        f"{AT.current}/nginx.conf": "changed",
    }

    found = said(ours.files, seen(strange=strange))

    assert {one[1]: one[2] for one in found} == {
        f"{AT.sudoers} is missing": "fab bootstrap",
        f"{UNIT} is not as it was made": "fab bootstrap",
        f"{AT.maintenance}/page.html is not as it was made": "fab maintenance off, and on again",
        f"{AT.current}/nginx.conf was changed": "git commit --allow-empty --message Again && "
        "fab deploy",
    }
    assert {one[0] for one in found} == {"wrong"}


def test_of_many_files_only_some_are_named() -> None:
    strange = {f"/etc/{number}": "missing" for number in range(9)}

    found = said(ours.files, seen(strange=strange))

    assert len(found) == ours.SHOWN + 1
    assert found[-1][1] == "4 more files are missing"


@pytest.mark.parametrize(
    ("right", "loose"),
    [
        ("root 644", False),
        ("root 600", False),
        ("root 666", True),
        ("ada 644", True),
        (None, False),
    ],
    ids=["as made", "closer", "for all", "somebody's", "not there"],
)
def test_what_others_could_change_is_told(right: str | None, loose: bool) -> None:
    state: State = serving(B)
    state = state.model_copy(update={"folders": {**state.folders, UNIT: right}})

    found = said(ours.rights, seen(state))

    told = f"sudo chown root {UNIT} && sudo chmod 644 {UNIT}"
    assert found == ([("wrong", f"{UNIT} is {right}, not root 644", told)] if loose else [])


def test_a_site_that_a_boot_would_not_start_is_told() -> None:
    state = serving(B).model_copy(update={"links": {}})

    found = said(ours.started, seen(state))

    assert len(found) == 2
    assert found[0][1].endswith("yard.service is missing: a boot would not start it")

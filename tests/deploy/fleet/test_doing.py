"""What one server does for all: the first that takes part migrates, the first of all schedules."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.fleet.doing import first_of, narrowed, placed
from deploy.fleet.session import Fleet
from deploy.protocol.words import Deploy, Intention, Rollback, Rotate
from dispatcher.registry.site import Server
from dispatcher.registry.tls import Tls
from tests.deploy.sample import BUNDLE, SITE, STAMP, A

SERVERS = tuple(Server(name, name) for name in "abc")
GOAL = Rollback(to=A.id, stamp=STAMP)


def fleet(names: str) -> Fleet[Any]:
    site = replace(SITE, servers=SERVERS)
    return Fleet(site, tuple(SimpleNamespace(name=name) for name in names), lambda _: None)


def roles(names: str, busy: str) -> dict[str, tuple[bool, bool | None]]:
    there = fleet(names)
    leader = first_of(there, list(busy))
    told = {name: placed(there, GOAL, name, leader) for name in busy}
    return {
        name: (one.migrates, one.schedules)
        for name, one in told.items()
        if isinstance(one, Rollback)
    }


@pytest.mark.parametrize(
    ("names", "busy", "told"),
    [
        ("abc", "abc", {"a": (True, True), "b": (False, False), "c": (False, False)}),
        ("abc", "bc", {"b": (True, False), "c": (False, False)}),
        ("cb", "cb", {"c": (False, None), "b": (True, None)}),
        ("a", "a", {"a": (True, None)}),
    ],
    ids=["all", "one has it already", "some, in any order", "the first alone"],
)
def test_each_server_is_told_what_it_does_for_all(
    names: str, busy: str, told: dict[str, tuple[bool, bool | None]]
) -> None:
    assert roles(names, busy) == told


@pytest.mark.parametrize(("tls", "told"), [(None, ""), (Tls("ada@example.org"), "b")])
def test_a_server_is_told_which_it_is_where_they_prove_hosts_together(
    tls: Tls | None, told: str
) -> None:
    deploy = Deploy(registry="", bundle=BUNDLE, stamp=STAMP)
    there = replace(fleet("abc"), site=replace(SITE, servers=SERVERS, tls=tls))

    one = placed(there, deploy, "b", "a")

    assert isinstance(one, Deploy)
    assert one.server == told


class Asked:
    """A server with something to do, or nothing."""

    def __init__(self, name: str, steps: list[str]) -> None:
        self.name, self.steps = name, steps

    def show(self, intention: Intention) -> dict[str, Any]:  # noqa: ARG002 - as Link has it
        return {"steps": self.steps}


@pytest.mark.parametrize(
    ("busy", "most", "first", "names"),
    [
        ("abc", None, "", "abc"),
        ("abc", 2, "", "ab"),
        ("bc", 1, "", "b"),
        ("abc", 2, "c", "ca"),
        ("", 1, "", "abc"),
    ],
    ids=["no limit", "the first", "of those without it", "canaries before", "nothing to do"],
)
def test_a_limit_counts_the_servers_with_something_to_do(
    busy: str, most: int | None, first: str, names: str
) -> None:
    servers = tuple(Asked(name, ["step"] if name in busy else []) for name in "abc")
    there: Fleet[Any] = replace(fleet("abc"), servers=servers)

    told = narrowed(there, GOAL, most, frozenset(first))

    assert "".join(one.name for one in told.servers) == names


def test_what_has_no_jobs_is_the_same_for_all() -> None:
    rotate: Intention = Rotate(key="x", stamp=STAMP)  # type: ignore[arg-type]

    assert placed(fleet("abc"), rotate, "a", "a") is rotate


EDGED = (Server("a", "a", role="edge"), Server("b", "b"), Server("c", "c"))


@pytest.mark.parametrize("names", ["abc", "bc"])
def test_an_edge_neither_migrates_nor_schedules(names: str) -> None:
    there = replace(fleet(names), site=replace(SITE, servers=EDGED))
    leader = first_of(there, list(names))

    told = {name: placed(there, GOAL, name, leader) for name in names}

    roles = {n: (t.migrates, t.schedules) for n, t in told.items() if isinstance(t, Rollback)}
    assert roles.pop("a", (False, False)) == (False, False)
    assert roles == {"b": (True, True), "c": (False, False)}


def test_an_edge_comes_last_where_servers_are_counted() -> None:
    servers = tuple(Asked(name, ["step"]) for name in "abc")
    there: Fleet[Any] = replace(fleet("abc"), servers=servers, site=replace(SITE, servers=EDGED))

    assert [one.name for one in narrowed(there, GOAL, 2).servers] == ["b", "c"]

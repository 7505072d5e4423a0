from __future__ import annotations

import os
import signal
from dataclasses import dataclass, replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.building.build import Target
from deploy.errors import FleetError, PlanError, ReachError
from deploy.fleet import session
from dispatcher.registry.site import Server
from tests.deploy.sample import BARE, SITE

FLEET = replace(SITE, servers=(Server("web1", "one"), Server("web2", "two")))


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("", ["web1", "web2"]),
        ("web2", ["web2"]),
        ("web2,web1", ["web2", "web1"]),
        (" web1 , web1,", ["web1"]),
    ],
)
def test_servers_are_chosen_by_name_each_once(only: str, names: list[str]) -> None:
    assert [server.name for server in session.chosen(FLEET, only)] == names


@pytest.mark.parametrize(
    ("only", "limit", "names"),
    [("", "", ""), ("web2", "", "web2"), ("", "1", "web1"), ("web2,web1", "1", "web2")],
)
def test_a_limit_takes_the_first_of_those_chosen(only: str, limit: str, names: str) -> None:
    assert session.limited(FLEET, only, limit) == names


@pytest.mark.parametrize("limit", ["0", "-1", "two"])
def test_a_limit_that_is_no_number_of_servers_is_refused(limit: str) -> None:
    with pytest.raises(PlanError, match=r"--limit .* is no number of servers; write 1 or more"):
        session.limited(FLEET, "", limit)


def test_an_environment_without_servers_says_where_to_write_them() -> None:
    with pytest.raises(PlanError, match=r"write \[environments\.staging\.servers\.NAME\]"):
        session.chosen(replace(SITE, environment="staging"), "")


def test_what_goes_wrong_on_each_is_told_at_once() -> None:
    def act(name: str) -> str:
        if name != "good":
            raise ReachError(name, "is down")
        return name

    assert session.on_each(("good",), act) == ["good"]
    with pytest.raises(FleetError) as raised:
        session.on_each(("a", "good", "b"), act, "Nothing was changed.")
    assert str(raised.value) == "a: is down\nb: is down\nNothing was changed."


def test_an_interrupt_ends_what_would_not_end_by_itself() -> None:
    ends = {name: Event() for name in "ab"}

    def act(name: str) -> None:
        if name == "b":
            os.kill(os.getpid(), signal.SIGINT)
        ends[name].wait()

    with pytest.raises(KeyboardInterrupt):
        session.on_each(("a", "b"), act, interrupted=lambda name: ends[name].set())


def test_a_fault_of_ours_is_not_taken_for_a_servers() -> None:
    def act(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session.on_each(("a",), act)


def test_wheels_are_fetched_once_for_servers_of_one_kind() -> None:
    arm = BARE.model_copy(update={"machine": "aarch64", "python": "3.13.5", "glibc": "2.41"})

    assert session.targets_of([BARE, arm, BARE]) == [
        Target("3.11", "x86_64", "2.36"),
        Target("3.13", "aarch64", "2.41"),
    ]


@dataclass
class Named:
    name: str


def test_a_server_there_is_no_plan_for_is_named() -> None:
    def act(server: Named) -> str:
        if server.name == "web2":
            raise PlanError("has no release")
        return server.name

    servers = (Named("web1"), Named("web2"))

    assert session.Fleet(SITE, (Named("web1"),), Named).each(act) == {"web1": "web1"}
    with pytest.raises(FleetError) as raised:
        session.Fleet(SITE, servers, Named, "Nothing was changed.").each(act)
    assert str(raised.value) == "web2: has no release\nNothing was changed."


def test_servers_can_be_left_out_but_not_all() -> None:
    assert session.without(FLEET, "", "") == ""
    assert session.without(FLEET, "web1", "") == "web1"
    assert session.without(FLEET, "", "web2") == "web1"

    with pytest.raises(PlanError, match="no server left without web1"):
        session.without(FLEET, "web1", "web1")
    with pytest.raises(PlanError, match=r"site\.toml has no server web9"):
        session.without(FLEET, "", "web9")


EDGED = replace(SITE, servers=(Server("edge1", "zero", role="edge"), *FLEET.servers))


@pytest.mark.parametrize(
    ("only", "names"), [("", "web1,web2"), ("web2", "web2"), ("edge1,web1", "web1")]
)
def test_what_is_about_apps_is_about_the_servers_that_run_them(only: str, names: str) -> None:
    assert session.of_apps(EDGED, only) == names
    assert session.of_apps(FLEET, "web2") == "web2"


def test_an_edge_alone_is_refused_what_is_about_apps() -> None:
    with pytest.raises(PlanError, match=r"no app runs on edge1; name .*: web1 and web2"):
        session.of_apps(EDGED, "edge1")


@pytest.mark.parametrize(("only", "names"), [("", "edge1"), ("edge1,web1", "edge1")])
def test_what_is_about_https_is_about_the_edges(only: str, names: str) -> None:
    assert session.of_visitors(EDGED, only) == names
    assert session.of_visitors(FLEET, "web2") == "web2"
    with pytest.raises(PlanError, match="https is on the edges alone; name of them: edge1"):
        session.of_visitors(EDGED, "web1")


def test_an_edge_is_no_canary() -> None:
    session.refuse_edges(EDGED, "web1")
    with pytest.raises(PlanError, match="--canary edge1 runs no app and has nothing to try"):
        session.refuse_edges(EDGED, "web1,edge1")


@pytest.mark.parametrize(
    ("names", "out"),
    [(("edge1", "web1", "web2"), ()), (("edge1", "web1"), ("web2",)), (("edge1",), ())],
)
def test_an_edge_leads_nobody_to_what_is_left_out(
    names: tuple[str, ...], out: tuple[str, ...]
) -> None:
    there: Any = tuple(SimpleNamespace(name=name) for name in names)
    fleet: session.Fleet[Any] = session.Fleet(EDGED, there, lambda _: there[0])

    assert session.out(EDGED, fleet) == out

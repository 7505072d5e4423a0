"""A fleet of agents does one thing or none, over real sockets and with real keys."""

from __future__ import annotations

import itertools
from functools import partial

import pytest

from deploy.agent.transactions import give_back
from deploy.errors import TAKEN_BACK, FleetError, LostError, ReachError
from deploy.fleet.conduct import Conductor
from deploy.protocol.progress import BACK, PUBLISH, SETTLE
from deploy.remote.link import Link
from tests.deploy.agent.talking import (
    NAMES,
    NEW,
    OLD,
    OTHER_STAMP,
    ROTATE,
    Channel,
    Cut,
    Server,
    begun,
)
from tests.deploy.agent.world import until
from tests.deploy.told import Told


def conductor(servers: dict[str, Server], told: Told, *first: str) -> Conductor:
    def again(name: str) -> Link:
        return servers[name].connect()

    return Conductor(told, again, ROTATE.stamp.run, frozenset(first), patience=0.1)


def all_begun(servers: dict[str, Server], told: Told, *first: str) -> Conductor:
    one = conductor(servers, told, *first)
    for server in servers.values():
        one.begin(server.connect(), ROTATE)
    return one


def test_all_servers_do_it_and_it_is_told_what_each_did(servers: dict[str, Server]) -> None:
    told = Told()

    all_begun(servers, told).conduct()

    assert all(server.keys == (NEW, OLD) for server in servers.values())
    for name in NAMES:
        assert f"{name}: let it be the first" in told.ended
    assert told.warnings == []


def test_a_failure_on_one_takes_back_all(servers: dict[str, Server]) -> None:
    servers["web2"].break_()

    with pytest.raises(FleetError) as raised:
        all_begun(servers, Told()).conduct()

    assert all(server.keys == (OLD,) for server in servers.values())
    assert str(raised.value).startswith("web2: could not let it be the first (exit status 1)")


def test_those_that_go_first_are_live_before_the_others(servers: dict[str, Server]) -> None:
    told = Told()

    all_begun(servers, told, "web3").conduct()

    live = [line for line in told.ended if line.endswith("let it be the first")]
    assert live[0] == "web3: let it be the first"
    assert len(live) == 3


def test_a_failure_on_the_first_is_never_seen_on_the_others(servers: dict[str, Server]) -> None:
    told = Told()
    servers["web3"].break_()

    with pytest.raises(FleetError):
        all_begun(servers, told, "web3").conduct()

    assert not [line for line in told.begun if line == "web1: let it be the first"]
    assert all(server.keys == (OLD,) for server in servers.values())


def test_what_could_not_begin_somewhere_is_taken_back_everywhere(
    servers: dict[str, Server],
) -> None:
    one = conductor(servers, Told())
    one.begin(servers["web1"].connect(), ROTATE)
    other = servers["web2"].connect()
    other.begin(ROTATE.model_copy(update={"stamp": OTHER_STAMP}))
    with pytest.raises(ReachError, match="web2: is being changed by bob@desk") as refused:
        one.begin(servers["web2"].connect(), ROTATE)
    one.refuse(refused.value)

    with pytest.raises(FleetError) as raised:
        one.conduct()

    assert str(raised.value).endswith(TAKEN_BACK)
    assert servers["web1"].keys == (OLD,)


def test_a_connection_that_breaks_is_made_anew_and_nothing_told_twice(
    servers: dict[str, Server],
) -> None:
    told = Told()
    one = all_begun(servers, told)
    until(servers["web2"].transactions.last, "waits", order=PUBLISH)  # type: ignore[arg-type]
    servers["web2"].links[0].close()

    one.conduct()

    assert all(server.keys == (NEW, OLD) for server in servers.values())
    assert told.ended.count("web2: bring the new key") == 1
    assert any("web2: connection lost" in line for line in told.warnings)


@pytest.mark.parametrize("name", ["web1", "web2"])
@pytest.mark.parametrize("before", [True, False], ids=["not received", "received"])
def test_a_begin_whose_answer_is_lost_is_asked_again_and_begun_once(
    servers: dict[str, Server], name: str, before: bool
) -> None:
    told = Told()
    one = conductor(servers, told)
    for server in servers.values():
        cut = partial(Cut, before=before) if server.name == name else Channel
        one.begin(server.connect(cut), ROTATE)

    one.conduct()

    assert all(server.keys == (NEW, OLD) for server in servers.values())
    assert len(told.warnings) == 1
    assert f"{name}: connection lost" in told.warnings[0]
    for server in servers.values():
        server.transactions.thread.join()
        assert len(server.connect().history()["records"]) == 1


@pytest.mark.parametrize("before", [True, False], ids=["not received", "received"])
def test_one_that_is_lost_as_it_begins_has_all_others_taken_back(
    servers: dict[str, Server], before: bool
) -> None:
    one = conductor(servers, Told())
    for server in servers.values():
        if server.name != "web2":
            one.begin(server.connect(), ROTATE)
    link = servers["web2"].connect(partial(Cut, before=before))
    servers["web2"].unreachable = True
    with pytest.raises(LostError, match="web2: does not answer") as lost:
        one.begin(link, ROTATE)
    one.refuse(lost.value)

    with pytest.raises(FleetError) as raised:
        one.conduct()

    servers["web2"].unreachable = False
    assert "There is no connection to web2" in str(raised.value)
    assert "web1, web3: as it was before" in str(raised.value)
    servers["web2"].transactions.free()  # as the next who comes has it
    assert all(server.keys == (OLD,) for server in servers.values())


def test_one_that_had_taken_back_before_it_could_be_told_is_named(
    servers: dict[str, Server],
) -> None:
    """As where it lost its power after the others had settled, before it had heard of that."""
    begun(servers["web1"], ROTATE, PUBLISH, SETTLE).order(SETTLE)
    begun(servers["web2"], ROTATE, PUBLISH, SETTLE).order(BACK)
    for name, how in (("web1", "done"), ("web2", "taken back")):
        until(servers[name].transactions.last, "end", how=how)  # type: ignore[arg-type]
    one = conductor(servers, Told())
    for name in ("web1", "web2"):
        one.attach(servers[name].connect())

    with pytest.raises(FleetError) as raised:
        one.conduct()

    assert "It holds on web1 and not on web2." in str(raised.value)


def test_one_that_has_yet_to_end_what_was_interrupted_is_asked_again(
    servers: dict[str, Server],
) -> None:
    """As where it boots: an agent may be asked while another process takes back."""
    one, two = all_begun(servers, Told()), servers["web2"]
    until(two.transactions.last, "waits", order=PUBLISH)  # type: ignore[arg-type]
    two.links[0].close()
    two.threads[0].join(20)
    two.transactions.free()
    two.restart()
    held = two.transactions.held("another process")
    calls = itertools.count()

    def again(name: str) -> Link:
        if next(calls):
            give_back(held)
        return servers[name].connect()

    one.again, one.patience = again, 20
    with pytest.raises(FleetError) as raised:
        one.conduct()

    assert str(raised.value) == TAKEN_BACK
    assert all(server.keys == (OLD,) for server in servers.values())


def attached(servers: dict[str, Server], told: Told) -> Conductor:
    """Take up what the servers are about, as `fab attach` does."""
    one = conductor(servers, told)
    for server in servers.values():
        one.attach(server.connect())
    return one


@pytest.mark.parametrize(
    "came",
    [
        {"web1": (PUBLISH,), "web2": (PUBLISH,), "web3": (PUBLISH,)},
        {"web1": (PUBLISH, SETTLE), "web2": (PUBLISH,), "web3": (PUBLISH,)},
        {"web1": (PUBLISH, SETTLE), "web2": (PUBLISH, SETTLE), "web3": (PUBLISH, SETTLE)},
    ],
    ids=["none is live", "one is live", "all are live"],
)
def test_whoever_takes_it_up_brings_it_to_its_end(
    servers: dict[str, Server], came: dict[str, tuple[str, ...]]
) -> None:
    for name, words in came.items():
        begun(servers[name], ROTATE, *words)

    attached(servers, Told()).conduct()

    assert all(server.keys == (NEW, OLD) for server in servers.values())


@pytest.mark.parametrize("back", NAMES)
def test_what_one_took_back_settles_nowhere_though_it_had_been_live_there(
    servers: dict[str, Server], back: str
) -> None:
    """What an attach hears first of it is that it waited to settle, as the others do now."""
    links = {name: begun(server, ROTATE, PUBLISH, SETTLE) for name, server in servers.items()}
    links[back].order("back")
    until(servers[back].transactions.last, "end")  # type: ignore[arg-type]

    with pytest.raises(FleetError):
        attached(servers, Told()).conduct()

    assert all(server.keys == (OLD,) for server in servers.values())

"""Whoever attaches brings what goes on to its end, on all of its servers or on none."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread

import pytest

from deploy.errors import FleetError, PlanError
from deploy.fleet.resuming import resume
from deploy.fleet.session import Fleet
from deploy.protocol.progress import BACK, PUBLISH, SETTLE
from deploy.protocol.words import Rotate
from deploy.remote.link import Link
from tests.deploy.agent.talking import NAMES, NEW, OLD, ROTATE, Server, begun
from tests.deploy.agent.world import until
from tests.deploy.sample import SITE
from tests.deploy.told import Told


def fleet(servers: dict[str, Server], *names: str) -> Fleet[Link]:
    links = tuple(servers[name].connect() for name in names or NAMES)
    return Fleet(SITE, links, lambda name: servers[name].connect())


def together(*names: str) -> Rotate:
    """Return what is to be done on these servers together."""
    return ROTATE.model_copy(
        update={"stamp": ROTATE.stamp.model_copy(update={"servers": names or NAMES})}
    )


def gone(servers: dict[str, Server]) -> None:
    """Hang up, as a `fab` that is killed does."""
    for server in servers.values():
        for link in server.links:
            link.close()
        for thread in server.threads:
            thread.join(20)


def keys(servers: dict[str, Server]) -> set[object]:
    return {server.keys for server in servers.values()}


def test_what_nobody_is_there_for_is_taken_up_on_all(servers: dict[str, Server]) -> None:
    for server in servers.values():
        begun(server, together(), PUBLISH)
    gone(servers)
    told = Told()

    assert resume(fleet(servers), told)

    assert keys(servers) == {(NEW, OLD)}
    assert told.said == ["Taking up what was begun: rotate the keys"]


def test_where_nothing_goes_on_there_is_nothing_to_take_up(servers: dict[str, Server]) -> None:
    assert not resume(fleet(servers), Told())


def test_what_had_not_begun_everywhere_is_taken_back(servers: dict[str, Server]) -> None:
    """As where a `fab` is killed between the first server and the others."""
    begun(servers["web1"], together(), PUBLISH)
    gone(servers)

    with pytest.raises(FleetError, match="web2: had not begun it\nweb3: had not begun it"):
        resume(fleet(servers), Told())

    assert keys(servers) == {(OLD,)}


def test_it_is_taken_up_on_all_of_its_servers_or_not_at_all(servers: dict[str, Server]) -> None:
    """As by `fab attach --only`, or with a site.toml that names fewer."""
    for server in servers.values():
        begun(server, together(), PUBLISH)
    gone(servers)

    with pytest.raises(PlanError, match=r"together with web3.*not on web1, web2 alone"):
        resume(fleet(servers, "web1", "web2"), Told())

    assert resume(fleet(servers), Told())
    assert keys(servers) == {(NEW, OLD)}


def test_what_was_settled_is_brought_to_its_end_on_the_servers_there_are(
    servers: dict[str, Server],
) -> None:
    for name, server in servers.items():
        link = begun(server, together(), PUBLISH, SETTLE)
        if name == "web3":
            link.order(SETTLE)
            until(server.transactions.last, "end")  # type: ignore[arg-type]
    gone(servers)

    assert resume(fleet(servers, "web1", "web3"), Told(), decided=True)

    assert servers["web1"].keys == servers["web3"].keys == (NEW, OLD)


def test_what_has_not_settled_anywhere_is_left_to_whoever_wants_only_what_has(
    servers: dict[str, Server],
) -> None:
    begun(servers["web1"], together(), PUBLISH)

    assert not resume(fleet(servers), Told(), decided=True)


def test_what_somebody_else_conducts_is_watched_to_its_end(servers: dict[str, Server]) -> None:
    theirs = [begun(server, together(), PUBLISH, SETTLE) for server in servers.values()]
    told = Told()

    def go_on() -> None:
        told.interrupted.wait()  # it watches
        for link in theirs:
            link.order(SETTLE)

    other = Thread(target=go_on)
    other.start()
    assert resume(fleet(servers), told)
    other.join()

    assert told.said == ["Watching what somebody else does: rotate the keys"]
    assert keys(servers) == {(NEW, OLD)}


def test_whoever_watches_takes_it_up_once_the_other_is_gone(servers: dict[str, Server]) -> None:
    theirs = [begun(server, together(), PUBLISH) for server in servers.values()]
    told = Told()

    def go() -> None:
        told.interrupted.wait()
        for link in theirs:
            link.close()

    other = Thread(target=go)
    other.start()
    assert resume(fleet(servers), told)
    other.join()

    assert [said.partition(":")[0] for said in told.said] == [
        "Watching what somebody else does",
        "Whoever did it is gone.",
        "Taking up what was begun",
    ]
    assert keys(servers) == {(NEW, OLD)}


class Attentive(Told):
    """Says when it was told of a step."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = Event()

    def end(self, server: str, note: str, seconds: float) -> None:
        super().end(server, note, seconds)
        self.heard.set()


def test_whoever_watches_and_leaves_takes_nothing_back(servers: dict[str, Server]) -> None:
    theirs = [begun(server, together(), PUBLISH) for server in servers.values()]
    told = Attentive()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def leave() -> None:
        told.heard.wait()
        os.kill(os.getpid(), signal.SIGINT)

    other = Thread(target=leave)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            resume(fleet(servers), told)
    finally:
        signal.signal(signal.SIGINT, before)
    other.join()

    for server in servers.values():
        assert server.transactions.last
        assert server.transactions.last.progress.waits == PUBLISH
    for link in theirs:
        link.order(BACK)

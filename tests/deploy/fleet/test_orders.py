"""A fleet agrees: what settles anywhere settles everywhere, whatever fails and whenever."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.fleet.orders import orders
from deploy.protocol.journal import Record
from deploy.protocol.progress import BACK, MIGRATE, PUBLISH, SETTLE, START, Progress


def going(waits: str = "") -> Progress:
    return Progress(waits=waits)


PREPARED, MIGRATED = going(MIGRATE), going(START)
READY, LIVE = going(PUBLISH), going(SETTLE)
SETTLED, DONE = Progress(settled=True), Progress(settled=True, ended="done")
FAILED, BACKED = Progress(failed=True), Progress(failed=True, ended="taken back")


@pytest.mark.parametrize(
    ("fleet", "told"),
    [
        ([going(), PREPARED], {}),
        ([PREPARED, PREPARED], {"0": MIGRATE, "1": MIGRATE}),
        ([going(), MIGRATED], {}),
        ([PREPARED, MIGRATED], {"0": MIGRATE}),
        ([MIGRATED, MIGRATED], {"0": START, "1": START}),
        ([MIGRATED, READY], {"0": START}),
        ([FAILED, MIGRATED], {"1": BACK}),
        ([going(), READY], {}),
        ([READY, READY], {"0": PUBLISH, "1": PUBLISH}),
        ([LIVE, READY], {"1": PUBLISH}),
        ([LIVE, going()], {}),
        ([LIVE, LIVE], {"0": SETTLE, "1": SETTLE}),
        ([SETTLED, LIVE], {"1": SETTLE}),
        ([DONE, LIVE], {"1": SETTLE}),
        ([DONE, DONE], {}),
        ([FAILED, going()], {"1": BACK}),
        ([FAILED, LIVE], {"1": BACK}),
        ([BACKED, READY], {"1": BACK}),
        ([BACKED, BACKED], {}),
    ],
    ids=[
        *("one is not prepared", "all are prepared", "one migrates", "one has yet to migrate"),
        *("all have migrated", "one has yet to start", "one could not migrate"),
        *("one is not ready", "all are ready", "one is live", "one is not live yet"),
        *("all are live", "one has settled", "one is done", "all are done"),
        *("one failed", "one failed late", "one is taken back", "all are taken back"),
    ],
)
def test_each_is_told_what_the_state_of_all_asks_for(
    fleet: list[Progress], told: dict[str, str]
) -> None:
    assert orders({str(number): one for number, one in enumerate(fleet)}) == told


def test_some_go_live_before_the_others() -> None:
    first = frozenset("a")

    assert orders({"a": READY, "b": READY, "c": READY}, first=first) == {"a": PUBLISH}
    assert orders({"a": going(), "b": READY, "c": READY}, first=first) == {}
    assert orders({"a": LIVE, "b": READY, "c": READY}, first=first) == dict.fromkeys("bc", PUBLISH)
    assert orders({"a": FAILED, "b": READY, "c": READY}, first=first) == dict.fromkeys("bc", BACK)


def test_a_server_that_is_gone_has_all_others_taken_back_unless_one_has_settled() -> None:
    gone = frozenset("a")

    assert orders({"a": LIVE, "b": LIVE}, gone) == {"b": BACK}
    assert orders({"a": SETTLED, "b": LIVE}, gone) == {"b": SETTLE}


def test_who_wants_all_back_has_it_unless_one_has_settled() -> None:
    assert orders({"a": going(), "b": LIVE}, stop=True) == {"a": BACK, "b": BACK}
    assert orders({"a": SETTLED, "b": LIVE}, stop=True) == {"b": SETTLE}


STAGES = (MIGRATE, START, PUBLISH, SETTLE)


@dataclass
class Server:
    """A model of an agent: its journal, the orders on their way, and what is heard of it."""

    journal: list[Record] = field(default_factory=list)
    inbox: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    heard: Progress = field(default_factory=Progress)
    told_of: int = 0
    cut: bool = False
    """Whether nothing goes to it or comes from it any more."""

    left_alone: bool = False

    @property
    def progress(self) -> Progress:
        return Progress.of(self.journal)

    def write(self, kind: str, **what: str) -> None:
        self.journal.append({"kind": kind, **what})

    def act(self, *, fails: bool) -> None:
        """Do the next thing that the transaction would do, if there is any to do."""
        progress = self.progress
        if progress.ended:
            return
        if progress.failed or (self.journal and self.journal[-1].get("order") == BACK):
            if self.journal[-1]["kind"] != "waits":
                self.write("end", how="taken back")
        elif progress.settled:
            self.write("end", how="done")
        elif progress.waits:
            if self.pending:
                self.write("order", order=self.pending.pop(0))
            elif self.left_alone:
                self.write("failed")
        elif BACK in self.pending:
            self.write("order", order=BACK)
        elif fails:
            self.write("failed")
        else:
            told = [record["order"] for record in self.journal if record["kind"] == "order"]
            self.write("waits", order=STAGES[len(told)])

    def take(self) -> None:
        """Take in an order that arrived, as `Transaction.order` does."""
        if not self.inbox:
            return
        word, progress = self.inbox.pop(0), self.progress
        if progress.settled or progress.ended:
            return
        if word == BACK or (not self.pending and word == progress.waits):
            self.pending.append(word)

    def hear(self) -> None:
        """Have the client told of one more record."""
        if not self.cut and self.told_of < len(self.journal):
            self.heard.note(self.journal[self.told_of])
            self.told_of += 1


@dataclass(frozen=True)
class Happenings:
    """How many servers there are, and what happens to them: first all is well, then anything."""

    servers: int
    well: list[str]
    """What happens to all of them alike."""

    then: list[tuple[str, int]]
    """What happens to one of them."""


@st.composite
def happenings(draw: st.DrawFn) -> Happenings:
    servers = draw(st.integers(1, 4))
    usual = st.sampled_from(["act", "take", "hear"])
    kind = st.one_of(usual, usual, st.sampled_from(["fail", "cut", "alone", "stop"]))
    return Happenings(
        servers,
        ["act", "hear", "take"] * draw(st.integers(0, 10)) + draw(st.lists(usual, max_size=2)),
        draw(st.lists(st.tuples(kind, st.integers(0, servers - 1)), max_size=20)),
    )


class Fleet:
    """The model of a whole fleet and the client that conducts it."""

    def __init__(self, count: int) -> None:
        self.servers = {str(number): Server() for number in range(count)}
        self.told: dict[str, str] = {}
        self.gone: set[str] = set()
        self.stop = False

    def happen(self, kind: str, name: str) -> None:
        server = self.servers[name]
        match kind:
            case "act" | "fail":
                server.act(fails=kind == "fail")
            case "take":
                server.take()
            case "hear":
                server.hear()
            case "cut":
                server.cut = True
                server.inbox.clear()
                if not server.heard.ended:
                    self.gone.add(name)
            case "alone":
                server.left_alone = server.cut
            case "stop":
                self.stop = True
        self.conduct()

    def conduct(self) -> None:
        """Give orders as `Conductor` does."""
        heard = {name: server.heard for name, server in self.servers.items()}
        for name, word in orders(heard, frozenset(self.gone), stop=self.stop).items():
            if self.told.get(name) != word:
                self.told[name] = word
                if not self.servers[name].cut:
                    self.servers[name].inbox.append(word)

    def finish(self) -> None:
        """Let happen all that can still happen."""
        for _ in range(20):
            for name in self.servers:
                for kind in ("hear", "take", "act", "alone"):
                    self.happen(kind, name)


@settings(max_examples=400)
@given(happenings())
def test_a_fleet_ends_as_one_as_far_as_it_can_be_reached(happened: Happenings) -> None:
    fleet = Fleet(happened.servers)
    for kind in happened.well:
        for name in fleet.servers:
            fleet.happen(kind, name)
    for kind, number in happened.then:
        fleet.happen(kind, str(number))
    fleet.finish()

    ends = {name: server.progress.ended for name, server in fleet.servers.items()}
    reached = {ends[name] for name, server in fleet.servers.items() if not server.cut}
    assert "" not in ends.values(), "nobody waits for ever"
    assert len(reached) <= 1, "those that can be reached agree"
    if not fleet.stop and not any(server.cut for server in fleet.servers.values()):
        failed = any(
            record["kind"] == "failed" for s in fleet.servers.values() for record in s.journal
        )
        assert reached == ({"taken back"} if failed else {"done"})

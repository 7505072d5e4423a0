"""What is said between a client and an agent, over a real socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.agent.conversation import Conversation
from deploy.bundle import File
from deploy.errors import ReachError
from deploy.protocol import words
from deploy.protocol.progress import BACK, PUBLISH, SETTLE
from deploy.protocol.words import Examine, Rollback
from tests.deploy.agent.talking import KEY, NEW, OLD, OTHER_STAMP, ROTATE, Listener, Server
from tests.deploy.checks.given import REGISTRY
from tests.deploy.sample import STAMP, A, stamp_anew


def rotated(server: Server, *orders: str) -> Listener:
    """Rotate the keys; return what was heard once it has ended."""
    link = server.connect()
    heard = Listener(link)
    again = ROTATE.model_copy(update={"stamp": stamp_anew()})
    assert link.begin(again)["title"] == "rotate the keys"
    for word in orders:
        heard.until("waits")
        link.order(word)
    heard.until("end")
    return heard


def test_whoever_connects_is_greeted_and_told_how_the_server_is(server: Server) -> None:
    link = server.connect()

    assert link.hello == {"site": "yard", "beats": "10"}
    state = link.look()
    assert state.free_bytes > 0
    assert state.live is None


def test_all_that_is_known_of_a_server_is_told(server: Server) -> None:
    found = server.connect().examine(REGISTRY, "")

    assert found.state.live is None
    assert found.system is not None
    assert found.system.memory.free_bytes > 0
    assert found.last is None
    rotated(server, PUBLISH, SETTLE)
    last = server.connect().examine(REGISTRY, "").last
    assert last is not None
    assert (last["title"], last["ended"]) == ("rotate the keys", "done")


def test_the_registry_of_another_site_is_not_examined(server: Server) -> None:
    with pytest.raises(ReachError, match="this is the agent of the site yard, not of barn"):
        server.connect().examine(REGISTRY.replace("yard", "barn"), "")


def test_an_agent_of_before_is_asked_for_what_it_knows(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before(self: Conversation, request: Any) -> Any:
        if isinstance(request, Examine):
            words.REQUEST.validate_python({"ask": "what it does not know"})
        return act(self, request)

    act = Conversation.act
    monkeypatch.setattr(Conversation, "act", before)

    found = server.connect().examine(REGISTRY, "")

    assert found.state.free_bytes > 0
    assert found.system is None


def test_an_intention_is_shown_and_nothing_done(server: Server) -> None:
    shown = server.connect().show(ROTATE)

    notes = [note for note, _ in shown["steps"]]
    assert notes[:2] == ["bring the new key", "let it be the first"]
    assert shown["lacking"] == []
    assert server.keys == (OLD,)
    assert server.connect().history()["records"] == []


def test_an_intention_is_carried_out_as_it_is_ordered(server: Server) -> None:
    heard = rotated(server, PUBLISH, SETTLE)

    kinds = [record["kind"] for record in heard.records]
    assert kinds[0] == "begin"
    assert [kind for kind in kinds if kind in ("waits", "order")] == ["waits", "order"] * 2
    assert heard.records[-1]["how"] == "done"
    assert server.keys == (NEW, OLD)
    assert KEY.split()[1] not in json.dumps(heard.records)


def test_an_intention_is_taken_back_as_it_is_ordered(server: Server) -> None:
    heard = rotated(server, PUBLISH, BACK)

    assert heard.records[-1]["how"] == "taken back"
    assert server.keys == (OLD,)


def test_what_was_done_is_told_of_for_ever(server: Server) -> None:
    head = server.connect().history()["head"]
    rotated(server, PUBLISH, BACK)
    rotated(server, PUBLISH, SETTLE)
    server.transactions.thread.join()

    told = server.connect().history()

    assert [(one["do"], one["how"], one["by"]) for one in told["records"]] == [
        ("rotate", "taken back", STAMP.by),
        ("rotate", "done", STAMP.by),
    ]
    assert told["broken"] is None
    assert told["head"] != head


def test_of_two_who_begin_one_is_refused_and_may_follow_the_other(server: Server) -> None:
    first, second = server.connect(), server.connect()
    theirs, ours = Listener(first), Listener(second)
    first.begin(ROTATE)
    theirs.until("waits", order=PUBLISH)

    with pytest.raises(ReachError, match=f"web1: is being changed by {STAMP.by} since"):
        second.begin(ROTATE.model_copy(update={"stamp": OTHER_STAMP}))

    last = second.last()
    assert last
    assert (last["run"], last["ended"], last["conducted"]) == (STAMP.run, "", True)
    assert second.attach(conduct=False)
    ours.until("waits", order=PUBLISH)
    second.order(PUBLISH)  # who watches is not listened to
    first.order(BACK)
    theirs.until("end", how="taken back")
    ours.until("end", how="taken back")
    assert ours.records == theirs.records


def test_what_nobody_follows_is_taken_back_for_the_next_who_comes(server: Server) -> None:
    first = server.connect()
    heard = Listener(first)
    first.begin(ROTATE)
    heard.until("waits", order=PUBLISH)
    first.close()
    server.threads[0].join(20)

    second = server.connect()
    heard = Listener(second)
    second.begin(ROTATE.model_copy(update={"stamp": OTHER_STAMP}))
    for word in (PUBLISH, SETTLE):
        heard.until("waits", order=word)
        second.order(word)
    heard.until("end", how="done")

    server.transactions.thread.join()
    assert [one["how"] for one in second.history()["records"]] == ["taken back", "done"]


def test_one_connection_follows_one_transaction_at_a_time(server: Server) -> None:
    link, other = server.connect(), server.connect()
    heard = Listener(link)
    link.begin(ROTATE)
    heard.until("waits", order=PUBLISH)

    with pytest.raises(ReachError, match="follows a transaction already, which has not ended"):
        link.attach()
    assert other.attach(conduct=False)
    link.order(BACK)
    heard.until("end", how="taken back")

    assert link.attach(), "of one that has ended it may hear again"


def test_there_is_nothing_to_follow_where_nothing_was_done(server: Server) -> None:
    link = server.connect()

    assert link.last() is None
    assert not link.attach()


def test_a_faulty_intention_is_refused_and_the_conversation_goes_on(server: Server) -> None:
    link = server.connect()

    with pytest.raises(ReachError, match=f"web1: has no release '{A.id}'"):
        link.begin(Rollback(to=A.id, stamp=STAMP))

    assert link.begin(ROTATE)["follow"]
    link.order(BACK)


def test_a_file_is_brought_and_kept(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(b"x" * 1_000_000)
    file, sent = File.of(path, "wheels/a.whl"), list[int]()
    link = server.connect()

    link.take(file, path, sent.append)

    assert (Path(server.at.store) / file.kept).read_bytes() == path.read_bytes()
    assert sum(sent) == file.size
    link.look()


def test_a_file_that_changed_meanwhile_is_refused_and_the_next_is_taken(
    server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(b"one")
    file = File.of(path)
    path.write_bytes(b"two")
    link = server.connect()

    with pytest.raises(ReachError, match=r"web1: cannot keep a\.whl: has sha256"):
        link.take(file, path, lambda _: None)

    path.write_bytes(b"one")
    link.take(file, path, lambda _: None)

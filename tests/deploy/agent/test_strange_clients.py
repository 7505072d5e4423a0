"""Whatever a client says, an agent answers it and goes on."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.agent.conversation import LONGEST
from deploy.bundle import File
from deploy.protocol.wire import ON_THE_WIRE
from deploy.protocol.words import Begin
from tests.deploy.agent.talking import KEY, ROTATE, Server


def test_a_failure_of_the_agents_own_is_told_and_the_conversation_goes_on(
    server: Server, raw: Raw
) -> None:
    (server.transactions.folder / "history").mkdir()
    (server.transactions.folder / "transactions" / "seven").mkdir()

    begin = Begin(intention=ROTATE).model_dump_json(context=ON_THE_WIRE).encode()

    raw.say(b'{"ask":"history"}\n', begin, b"\n", b'{"ask":"attach","conduct":false}\n')

    assert "could not begin" in str(raw.hear()["error"])
    assert raw.hear() == {"error": "the agent failed at that; its log on the server says how"}
    assert raw.hear() == {"answer": {"follow": False, "title": "", "records": 0}}


class Raw:
    """Somebody who speaks to an agent by hand."""

    def __init__(self, server: Server) -> None:
        self.connection = server.called()
        self.lines = self.connection.makefile("rb")
        assert self.hear() == {"hello": {"site": "yard", "beats": "10"}}

    def say(self, *parts: bytes) -> None:
        self.connection.sendall(b"".join(parts))

    def hear(self) -> dict[str, object]:
        return dict(json.loads(self.lines.readline()))

    def close(self) -> None:
        self.lines.close()
        self.connection.close()


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    raw = Raw(server)
    yield raw
    raw.close()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (b"hello", "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"ask":"shell","words":"id"}', "does not match any of the expected tags"),
        (b'{"ask":"last","sudo":true}', "Extra inputs are not permitted"),
        (b'{"ask":"order","order":"destroy"}', "Input should be 'migrate', 'start', 'publish', 's"),
        (b'{"ask":"take","file":{"name":"../a"}}', "take.file.name: String should match pattern"),
        (b"\xff\xfe\x00", "Invalid JSON"),
        (b"x" * (LONGEST - 1), "Invalid JSON"),
    ],
    ids=["words", "list", "unknown", "too much", "no order", "a path", "bytes", "long"],
)
def test_what_is_no_request_is_answered_and_nothing_else_happens(
    raw: Raw, said: bytes, message: str
) -> None:
    raw.say(said, b"\n", b'{"ask":"last"}\n')

    error = raw.hear()["error"]
    assert isinstance(error, str)
    assert error.startswith("the agent does not take that: ")
    assert message in error
    assert raw.hear() == {"answer": None}


def test_a_line_without_an_end_does_not_fill_the_memory(raw: Raw) -> None:
    raw.say(b"x" * LONGEST)

    assert "error" in raw.hear(), "before its end"


def test_an_empty_line_says_only_that_somebody_is_there(raw: Raw) -> None:
    raw.say(b"\n\n\n", b'{"ask":"last"}\n')

    assert raw.hear() == {"answer": None}


def test_an_order_for_nothing_is_heard_by_nobody(raw: Raw) -> None:
    raw.say(b'{"ask":"order","order":"back"}\n', b'{"ask":"last"}\n')

    assert raw.hear() == {"answer": None}


def test_a_client_that_leaves_in_the_middle_of_a_file_leaves_nothing(
    server: Server, raw: Raw
) -> None:
    file = File(name="a.whl", sha256=hashlib.sha256(b"whole").hexdigest(), size=5)
    raw.say(b'{"ask":"take","file":', file.model_dump_json().encode(), b"}\n", b"who")
    raw.connection.shutdown(socket.SHUT_WR)
    server.threads[-1].join(20)

    assert not [path for path in Path(server.at.store).rglob("*") if path.is_file()]


def test_a_new_key_is_in_no_answer(server: Server, raw: Raw) -> None:
    intention = ROTATE.model_dump_json(context=ON_THE_WIRE)
    wrong = json.loads(intention) | {"to": "x"}
    for ask in ("show", "begin"):
        raw.say(json.dumps({"ask": ask, "intention": wrong}).encode(), b"\n")
        assert KEY.split()[1] not in json.dumps(raw.hear())
    raw.say(b'{"ask":"show","intention":', intention.encode(), b"}\n")

    assert KEY.split()[1] not in json.dumps(raw.hear())

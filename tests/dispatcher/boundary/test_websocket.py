"""A connection that an app has taken over: what leaves on it, and what does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from dispatcher.boundary.breach import Cut
from dispatcher.boundary.exchange import Exchange
from dispatcher.boundary.middleware import Boundary
from dispatcher.boundary.websocket import SERVICE_RESTART, Taken, end_all, offered
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import environ_of

AT = Address("example.org", "/wiki")
HELLO = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
RESTART = b"\x88\x02\x03\xf4"


@pytest.fixture
def ends() -> Iterator[tuple[Taken, socket.socket]]:
    """Return what an app has, and the visitor's end."""
    here, there = socket.socketpair()
    there.settimeout(10)
    with here, there:
        yield Taken(here), there


def test_what_is_sent_leaves_whole(ends: tuple[Taken, socket.socket]) -> None:
    taken, visitor = ends
    message = b"x" * 3_000_000
    sender = threading.Thread(target=taken.send, args=(message,))
    sender.start()
    found = b""
    while len(found) < len(message):
        found += visitor.recv(1 << 20)
    sender.join(10)

    assert (found, taken.sent) == (message, len(message))


def test_its_end_is_told_once_and_nothing_follows(ends: tuple[Taken, socket.socket]) -> None:
    taken, visitor = ends
    taken.sendall(HELLO)
    end_all(SERVICE_RESTART)
    end_all(SERVICE_RESTART)
    taken.send(b"late")
    taken.close()

    assert b"".join(iter(lambda: visitor.recv(100), b"")) == HELLO + RESTART


def test_who_has_not_answered_yet_is_left_to_answer(ends: tuple[Taken, socket.socket]) -> None:
    taken, visitor = ends
    taken.end(SERVICE_RESTART)
    taken.send(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    end_all(SERVICE_RESTART)
    taken.close()

    assert b"".join(iter(lambda: visitor.recv(100), b"")) == b"HTTP/1.1 403 Forbidden\r\n\r\n"


def test_no_frame_is_cut_in_two(ends: tuple[Taken, socket.socket]) -> None:
    taken, visitor = ends
    message = b"x" * 3_000_000
    taken.sendall(HELLO)
    sender = threading.Thread(target=taken.send, args=(message,))
    sender.start()
    while not taken.sending.locked():
        pass
    taken.end(SERVICE_RESTART)
    found = b""
    while len(found) < len(HELLO + message):
        found += visitor.recv(1 << 20)
    sender.join(10)
    taken.end(SERVICE_RESTART)
    taken.close()

    assert found == HELLO + message
    assert visitor.recv(100) == RESTART


def test_a_visitor_who_does_not_read_keeps_nobody_waiting(
    ends: tuple[Taken, socket.socket],
) -> None:
    taken, _ = ends
    taken.sendall(HELLO)
    taken.server.setblocking(False)
    with suppress(BlockingIOError):
        while taken.server.send(b"x" * 65536):
            pass
    taken.server.setblocking(True)

    taken.end(SERVICE_RESTART)

    assert taken.ended


def test_a_server_that_gives_no_socket_has_nothing_to_take() -> None:
    assert offered(environ_of("/")) is None


class Told:
    """Keeps what has ended."""

    def __init__(self) -> None:
        self.ended: list[Exchange] = []

    def begin(self, exchange: Exchange, environ: Any) -> None: ...

    def end(self, exchange: Exchange, environ: Any) -> None:  # noqa: ARG002 - Observer
        self.ended.append(exchange)


def asked(connection: socket.socket, fails: BaseException | None) -> Exchange:
    """Let an app take a connection over; return how that was told."""

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        environ["gunicorn.socket"].send(HELLO)
        if fails:
            raise fails
        start_response("200 OK", [])
        return [b"a page"]

    told = Told()
    wiki = App("wiki", "a:b", (AT,), websockets=True)
    boundary = Boundary(wiki, AT, app, observers=(told,))
    environ = {**environ_of("/"), "HTTP_UPGRADE": "websocket", "gunicorn.socket": connection}
    with pytest.raises(Cut):
        list(boundary(environ, lambda *_: pytest.fail("an answer is begun")))
    (ended,) = told.ended
    return ended


@pytest.mark.parametrize(
    ("fails", "end"),
    [(None, b""), (StopIteration(), b""), (ValueError("on purpose"), b"\x88\x02\x03\xf3")],
)
def test_no_answer_follows_what_an_app_has_said_itself(
    fails: BaseException | None, end: bytes
) -> None:
    here, visitor = socket.socketpair()
    with here, visitor:
        exchange = asked(here, fails)
        found = b"".join(iter(lambda: visitor.recv(100), b""))

    assert found == HELLO + end
    assert (exchange.status, exchange.sent) == (101, len(HELLO))
    assert exchange.error is (fails if end else None)

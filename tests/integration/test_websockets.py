"""Websockets of a Flask app through the real nginx and gunicorn, and through `dispatcher run`."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.deploy.webserver import needs_nginx
from tests.integration.chat import OPENING, Served, behind_an_edge, behind_nginx, closed, locally
from tests.integration.served import ROOT, served, until


@pytest.fixture(scope="module", params=["gevent", "gthread", "an edge", "dispatcher run"])
def site(request: pytest.FixtureRequest) -> Iterator[Served]:
    ways = {"an edge": behind_an_edge, "dispatcher run": locally}
    kind = str(request.param)
    with ways.get(kind, partial(behind_nginx, kind))() as site:
        yield site


pytestmark = needs_nginx


def test_what_is_sent_comes_back(site: Served) -> None:
    with site.connect("/chat/echo") as ws:
        for message in ("a", "ä" * 1000, b"\x00\xff", ""):
            ws.send(message)
            assert ws.receive(timeout=10) == message


def test_one_may_be_called_like_a_static_file(site: Served) -> None:
    with site.connect("/chat/room.0123456789abcdef.x") as ws:
        ws.send("hello")
        assert ws.receive(timeout=10) == "hello"


@pytest.mark.parametrize("size", [70_000, 5_000_000])
def test_a_message_may_be_long(site: Served, size: int) -> None:
    message = os.urandom(size)
    with site.connect("/chat/echo") as ws:
        ws.send(message)
        assert ws.receive(timeout=20) == message


def test_many_may_be_open_at_once(site: Served) -> None:
    with ExitStack() as stack:
        open_ = [stack.enter_context(site.connect("/chat/echo")) for _ in range(6)]
        for n, ws in enumerate(open_):
            ws.send(str(n))
        assert [ws.receive(timeout=10) for ws in open_] == [str(n) for n in range(6)]


def test_a_ping_is_answered(site: Served) -> None:
    with site.connect("/chat/echo", ping_interval=0.1) as ws:
        until("a pong came", lambda: ws.connected and ws.pong_received)
        ws.send("still")
        assert ws.receive(timeout=10) == "still"


def test_an_app_ends_it_with_its_own_words(site: Served) -> None:
    with site.connect("/chat/bye") as ws:
        ws.send("x")
        assert ws.receive(timeout=10) == "soon"
        assert closed(ws) == (4001, "that is all")


def test_it_may_take_longer_than_an_answer(site: Served) -> None:
    with site.connect("/chat/late") as ws:
        ws.send("x")
        assert ws.receive(timeout=10) == "still here"
        assert closed(ws)[0] == 1000


def raw(site: Served, path: str) -> bytes:
    """Ask for a websocket and say x, masked by zeros; return all bytes that come."""
    with socket.create_connection(("127.0.0.1", site.port), 20) as connection:
        connection.sendall(OPENING.format(path=path).encode())
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            found += connection.recv(65536)
        connection.sendall(b"\x81\x81\0\0\0\0x")
        while more := connection.recv(65536):
            found += more
    return found


def test_nothing_follows_its_end(site: Served) -> None:
    head, _, rest = raw(site, "/chat/bye").partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 101 ")
    assert rest == b"\x81\x04soon\x88\x0d\x0f\xa1that is all"


def test_an_app_that_fails_ends_its_own_and_sends_no_page(site: Served) -> None:
    with site.connect("/chat/fails") as ws:
        ws.send("x")
        assert closed(ws)[0] == 1011
    until("it is in the log", lambda: "on purpose" in site.log)
    with site.connect("/chat/echo") as other:
        other.send("others")
        assert other.receive(timeout=10) == "others"


def test_nothing_goes_wrong_for_the_log(site: Served) -> None:
    before = len(site.log)
    with site.connect("/chat/echo") as ws:
        ws.send("x")
        ws.receive(timeout=10)
    with site.connect("/chat/bye") as ws:
        ws.send("x")
        assert ws.receive(timeout=10) == "soon"
        assert closed(ws)[0] == 4001
    with socket.create_connection(("127.0.0.1", site.port), 20) as connection:
        connection.sendall(b"nothing")
    with site.connect("/chat/echo") as ws:
        ws.sock.shutdown(socket.SHUT_RDWR)

    until("all are told", lambda: len(re.findall(r"101.*chat|chat.*101", site.log[before:])) >= 3)
    assert "Traceback" not in site.log[before:]
    assert not re.search('"level": "(warning|error|critical)"', site.log[before:])


def asked(site: Served, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": "localhost", **named})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_no_other_app_sees_that_a_websocket_is_wanted(site: Served) -> None:
    wanted = {"Upgrade": "websocket", "Connection": "upgrade"}

    status, told = asked(site, "/", **wanted)
    assert (status, "HTTP_UPGRADE" in json.loads(told)) == (200, False)
    assert asked(site, "/echo", **wanted)[0] == 400


@pytest.mark.parametrize("protocol", ["h2c", "TLS/1.3", "websocket2", "websocket, h2c"])
def test_nothing_but_a_websocket_passes_nginx(site: Served, protocol: str) -> None:
    if site.nginx:
        status, told = asked(site, "/chat/", Upgrade=protocol, Connection="upgrade")
        assert (status, json.loads(told)) == (200, {})


def test_one_that_is_open_counts_among_those_of_its_address(site: Served) -> None:
    if not site.nginx:
        return
    with ExitStack() as stack:
        seen = []
        for _ in range(8):
            connection = socket.create_connection(("127.0.0.1", site.port), 20, ("127.0.0.9", 0))
            stack.enter_context(connection)
            connection.sendall(OPENING.format(path="/chat/echo").encode())
            seen.append(connection.recv(12))
    assert seen == [b"HTTP/1.1 101"] * 7 + [b"HTTP/1.1 429"]


def test_an_answer_takes_no_longer_for_websockets(site: Served) -> None:
    if site.nginx:
        assert asked(site, "/chat/slow")[0] == 504


def test_the_app_of_the_page_works(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "websockets.md").read_text("utf-8")
    blocks = re.findall(r"^```(?:toml|python)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    table, app = (block.replace("apps.chat:", "chat:") for block in blocks)
    (tmp_path / "site.toml").write_text(f'name = "yard"\ndomain = "example.org"\n{table}')
    (tmp_path / "chat.py").write_text(app)

    with served(tmp_path) as run:
        site = Served(run.port, tmp_path, nginx=False)
        with site.connect("/chat/echo") as ws:
            ws.send("x")
            assert ws.receive(timeout=10) == "x"

"""Websockets of a Flask app through the real nginx and gunicorn, and what ends them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import simple_websocket

from dispatcher.registry.site import Server
from dispatcher.registry.site_toml import load
from tests.deploy.webserver import fronting, needs_nginx
from tests.integration.served import ROOT, served, until
from tests.integration.test_behind_nginx import serving

SITE = """\
name = "yard"
domain = "localhost"
scheme = "http"

[pools.default]
workers = 1
worker_class = "{kind}"

[apps.chat]
app = "chat:app"
path = "/chat"
websockets = true
limits.answer_seconds = 2
limits.at_once = 7

[apps.plain]
app = "chat:plain"
path = "/"
"""

CHAT = """\
import time

from flask import Flask, request
from flask_sock import Sock

def made(name):
    app = Flask(name)
    sock = Sock(app)

    @app.get("/")
    def home():
        return {k: v for k, v in request.environ.items() if k == "HTTP_UPGRADE"}

    @app.get("/slow")
    def slow():
        time.sleep(30)
        return "late"

    @sock.route("/echo")
    def echo(ws):
        while True:
            ws.send(ws.receive())

    @sock.route("/bye")
    def bye(ws):
        ws.receive()
        ws.send("soon")
        ws.close(4001, "that is all")

    @sock.route("/fails")
    def fails(ws):
        ws.receive()
        raise ValueError("on purpose")

    @sock.route("/late")
    def late(ws):
        ws.receive()
        time.sleep(3)
        ws.send("still here")

    return app

app, plain = made("chat"), made("plain")
"""


OPENING = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass(frozen=True)
class Served:
    """A site with websockets."""

    port: int
    folder: Path
    nginx: bool

    @contextmanager
    def connect(self, path: str, **how: Any) -> Iterator[simple_websocket.Client]:
        client = simple_websocket.Client(f"ws://localhost:{self.port}{path}", **how)
        try:
            yield client
        finally:
            # Its thread may have seen the end, and closed it, or be about to.
            with suppress(simple_websocket.ConnectionClosed, OSError):
                client.close()
            client.thread.join(20)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


def written(folder: Path, kind: str) -> Path:
    folder.chmod(0o755)
    (folder / "site.toml").write_text(SITE.format(kind=kind))
    (folder / "chat.py").write_text(CHAT)
    return folder


@contextmanager
def behind_nginx(kind: str) -> Iterator[Served]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        folder = written(Path(name), kind)
        with serving(folder), fronting(load(folder / "site.toml"), folder) as web:
            yield Served(web.port, folder, nginx=True)


SERVERS = (
    Server("edge", "edge", role="edge", address="127.0.0.50"),
    Server("web", "web", address="10.0.0.5"),
)


@contextmanager
def behind_an_edge() -> Iterator[Served]:
    with (
        tempfile.TemporaryDirectory(prefix="web-") as name,
        tempfile.TemporaryDirectory(prefix="web-") as other,
    ):
        folder, there = written(Path(name), "gevent"), Path(other)
        there.chmod(0o755)
        site = replace(load(folder / "site.toml"), servers=SERVERS)
        with serving(folder), fronting(site.on("web"), folder) as web:
            to_web = {"10.0.0.5:80": f"127.0.0.1:{web.port}"}
            with fronting(site.on("edge"), there, to_web) as edge:
                yield Served(edge.port, folder, nginx=True)


@contextmanager
def locally() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        folder = written(Path(name), "gevent")
        with served(folder) as site:
            yield Served(site.port, folder, nginx=False)


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


def closed(ws: simple_websocket.Client) -> tuple[int, str]:
    with pytest.raises(simple_websocket.ConnectionClosed) as ended:
        assert ws.receive(timeout=20) is None, "something else comes"
    return int(ended.value.reason), str(ended.value.message or "")


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


def test_a_changed_file_sends_visitors_to_the_new_one() -> None:
    with locally() as site, site.connect("/chat/echo") as ws:
        ws.send("x")
        assert ws.receive(timeout=10) == "x"

        (site.folder / "chat.py").write_text(CHAT.replace("ws.send(ws.rec", "ws.send('new')  # "))

        assert closed(ws)[0] == 1012
        with site.connect("/chat/echo") as again:
            assert again.receive(timeout=10) == "new"


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


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_a_worker_that_stops_sends_visitors_to_another(kind: str) -> None:
    with behind_nginx(kind) as site:
        with site.connect("/chat/echo") as ws:
            ws.send("x")
            assert ws.receive(timeout=10) == "x"
            (pid,) = set(re.findall(r"Booting worker with pid: (\d+)", site.log))
            worker = int(pid)

            os.kill(worker, signal.SIGTERM)

            assert closed(ws)[0] == 1012
        until("it is gone", lambda: not Path(f"/proc/{worker}/task").exists())
        with site.connect("/chat/echo") as again:
            again.send("y")
            assert again.receive(timeout=10) == "y"
        assert "Traceback" not in site.log


def test_a_visitor_who_stays_holds_no_worker() -> None:
    with (
        behind_nginx("gevent") as site,
        socket.create_connection(("127.0.0.1", site.port), 20) as connection,
    ):
        connection.sendall(OPENING.format(path="/chat/echo").encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")
        (pid,) = set(re.findall(r"Booting worker with pid: (\d+)", site.log))

        os.kill(int(pid), signal.SIGTERM)

        assert connection.recv(100) == b"\x88\x02\x03\xf4"
        assert connection.recv(100) == b"", "and says nothing to that"
        until("it is gone", lambda: not Path(f"/proc/{pid}/task").exists())
        assert "graceful timeout" not in site.log

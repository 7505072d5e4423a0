"""A site whose app has websockets, as it is served on a server and by `dispatcher run`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import simple_websocket

from dispatcher.registry.site import Server
from dispatcher.registry.site_toml import load
from tests.deploy.webserver import fronting
from tests.integration.fronted import folder_of, fronted, serving
from tests.integration.served import served

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
        time.sleep(30)  # longer than nginx waits for an answer here
        return "late"

    @sock.route("/echo")
    def echo(ws):
        while True:
            ws.send(ws.receive())

    @sock.route("/room.0123456789abcdef.x")
    def room(ws):
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
        time.sleep(3)  # longer than an answer that is no websocket may take
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


@contextmanager
def behind_nginx(kind: str) -> Iterator[Served]:
    with folder_of(SITE.format(kind=kind), chat=CHAT) as folder, fronted(folder) as web:
        yield Served(web.port, folder, nginx=True)


SERVERS = (
    Server("edge", "edge", role="edge", address="127.0.0.50"),
    Server("web", "web", address="10.0.0.5"),
)


@contextmanager
def behind_an_edge() -> Iterator[Served]:
    text = SITE.format(kind="gevent")
    with folder_of(text, chat=CHAT) as folder, folder_of(text) as other:
        site = replace(load(folder / "site.toml"), servers=SERVERS)
        with serving(folder), fronting(site.on("web"), folder) as web:
            to_web = {"10.0.0.5:80": f"127.0.0.1:{web.port}"}
            with fronting(site.on("edge"), other, to_web) as edge:
                yield Served(edge.port, folder, nginx=True)


@contextmanager
def locally() -> Iterator[Served]:
    with folder_of(SITE.format(kind="gevent"), chat=CHAT) as folder, served(folder) as site:
        yield Served(site.port, folder, nginx=False)


def closed(ws: simple_websocket.Client) -> tuple[int, str]:
    with pytest.raises(simple_websocket.ConnectionClosed) as ended:
        assert ws.receive(timeout=20) is None, "something else comes"
    return int(ended.value.reason), str(ended.value.message or "")

"""A real nginx as an edge, before servers that do as they are told."""

from __future__ import annotations

import http.client
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from dispatcher.registry.address import Address
from dispatcher.registry.limits import USUAL
from dispatcher.registry.site import App, Pool, Server, Site
from tests.deploy.webserver import Web, fronting

EDGE, STRANGER = "127.0.0.50", "127.0.0.9"
WEBS = ("10.0.0.5", "10.0.0.6", "fd00::7")
SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "a:b", (Address("example.org"),)),
        App("files", "a:b", (Address("example.org", "/files"),), "files"),
        App("slow", "a:b", (Address("slow.example.org"),), limits=USUAL.but({"per_second": 9}, "")),
        App("groups", "a:b", (Address("*.archive.example.org"),)),
    ),
    (Pool(), Pool("files")),
    servers=(
        Server("edge", "edge", role="edge", address=EDGE),
        *(Server(f"web{n}", f"web{n}", address=at) for n, at in enumerate(WEBS)),
    ),
)


class Answering(BaseHTTPRequestHandler):
    """Does as its server is told, and counts what it is asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Behind)
        told = self.server.told
        told.asked.append((self.command, self.headers))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not told.status:
            self.close_connection = True
            return
        self.send_response(told.status)
        self.send_header("X-Server", told.name)
        self.send_header("X-Release", "r1")
        if told.header:
            self.send_header("X-Long", "x" * told.header)
        self.send_header("X-Accel-Buffering", "no")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Told:
    """A server behind the edge: what it answers, and what it was asked."""

    name: str
    status: int = 200
    """0 closes the connection once the request was read."""

    header: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)


class Behind(ThreadingHTTPServer):
    """A server behind the edge that does as it is told."""

    def __init__(self, told: Told) -> None:
        self.told = told
        super().__init__(("127.0.0.1", 0), Answering)


@dataclass
class Fleet:
    """An edge and those behind it."""

    edge: Web
    webs: tuple[Told, ...]

    def ask(self, method: str = "GET", path: str = "/", times: int = 1) -> list[tuple[int, str]]:
        """Return status and server of each answer."""
        answers = []
        for _ in range(times):
            connection = http.client.HTTPConnection("127.0.0.1", self.edge.port, timeout=20)
            with closing(connection):
                body = b"x" * 100 if method != "GET" else None
                connection.request(method, path, body, headers={"Host": "example.org"})
                answer = connection.getresponse()
                answer.read()
                answers.append((answer.status, answer.headers.get("X-Server", "")))
        return answers


@contextmanager
def fleet(*webs: Told, site: Site = SITE, refuses: int = 0) -> Iterator[Fleet]:
    """Start an edge before servers; the first ``refuses`` of them do not run."""
    with ExitStack() as stack:
        moved = {}
        for number, (web, address) in enumerate(zip(webs, WEBS, strict=True)):
            where = f"[{address}]:80" if ":" in address else f"{address}:80"
            if number < refuses:
                with socket.create_server(("127.0.0.1", 0)) as probe:
                    moved[where] = f"127.0.0.1:{probe.getsockname()[1]}"
                continue
            server = stack.enter_context(Behind(web))
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
            moved[where] = f"127.0.0.1:{server.server_port}"
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="web-"))
        Path(name).chmod(0o755)
        edge = stack.enter_context(fronting(site.on("edge"), Path(name), moved))
        yield Fleet(edge, webs)


def three() -> tuple[Told, ...]:
    return tuple(Told(f"web{number}") for number in range(3))

"""What visitors get from an edge, and strangers from a server behind one, with a real nginx."""

from __future__ import annotations

import http.client
import re
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.limits import USUAL
from dispatcher.registry.nginx import Nginx
from dispatcher.registry.site import App, Pool, Server, Site
from dispatcher.registry.tls import Tls
from dispatcher.registry.variables import Variable
from tests.deploy.webserver import (
    Echo,
    Upstream,
    Web,
    all_at_once,
    fronting,
    needs_nginx,
    running,
)
from tests.integration.served import until

pytestmark = needs_nginx

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


def test_all_servers_get_as_much() -> None:
    with fleet(*three()) as there:
        answers = there.ask(times=9)

    assert Counter(answers) == {(200, f"web{number}"): 3 for number in range(3)}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_one_refuses_another_gets_whatever_it_is(method: str) -> None:
    with fleet(*three(), refuses=1) as there:
        answers = there.ask(method, times=9)

    assert {status for status, _ in answers} == {200}
    assert sum(len(web.asked) for web in there.webs) == 9


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_one_did_not_answer_another_gets_where_twice_is_as_once(method: str) -> None:
    one, *others = three()
    with fleet(replace(one, status=0), *others) as there:
        answers = there.ask(method, times=6)

    assert {status for status, _ in answers} == {200}
    assert len(there.webs[0].asked) == 1, "it is out from then on"


def test_what_may_have_been_done_is_not_done_again() -> None:
    one, *others = three()
    with fleet(replace(one, status=0), *others) as there:
        answers = there.ask("POST", times=6)

    assert [status for status, _ in answers].count(503) == 1
    assert sum(len(web.asked) for web in there.webs) == 6


@pytest.mark.parametrize(
    "told",
    [{"status": 503}, {"status": 504}, {"status": 500}, {"status": 429}, {"header": 30_000}],
    ids=str,
)
def test_what_an_app_answers_takes_no_server_out(told: dict[str, Any]) -> None:
    one, *others = three()
    with fleet(replace(one, **told), *others) as there:
        answers = there.ask(times=9)

    assert (told.get("status", 200), "web0") in answers
    assert [len(web.asked) for web in there.webs] == [3, 3, 3]


def test_the_servers_behind_are_told_who_asks_and_how() -> None:
    secured = replace(SITE, tls=Tls("ada@example.org"))
    with fleet(*three(), site=secured) as there:
        by_http = there.edge.get("example.org", client=STRANGER)
        answer = there.edge.get_securely("example.org", "/files/a.0123456789abcdef.css")
        _, headers = next(web.asked[0] for web in there.webs if web.asked)

    assert by_http.status == 308
    assert answer.status == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    told = {name: headers[name] for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto")}
    assert told == {
        "Host": "example.org",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
    }
    assert answer.headers["x-release"] == "r1", "as the edge itself asks"


def test_an_edge_counts_what_a_visitor_asks_for_and_no_static_files() -> None:
    strict = replace(SITE, limits=USUAL.but({"per_second": 1}, ""))
    apps = tuple(replace(app, limits=strict.limits) for app in SITE.apps)
    with fleet(*three(), site=replace(strict, apps=apps)) as there:
        ask = partial(there.edge.get, "example.org", client=STRANGER)
        pages = all_at_once([ask] * 6)
        static = all_at_once([partial(ask, "/a.0123456789abcdef.css")] * 6)

    assert 429 in {answer.status for answer in pages}
    assert {answer.status for answer in static} == {200}


@contextmanager
def behind(site: Site = SITE) -> Iterator[Web]:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        Path(name).chmod(0o755)
        with running(site.on("web0"), Path(name)) as web:
            yield web


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """Serve as one of those behind an edge that has https."""
    with behind(replace(SITE, tls=Tls("ada@example.org"))) as web:
        yield web


CLAIM = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}


def test_a_server_behind_believes_its_edge(web: Web) -> None:
    headers = web.get("example.org", client=EDGE, **CLAIM).echo["headers"]

    assert headers["x-forwarded-for"] == "203.0.113.9"
    assert headers["x-forwarded-proto"] == "https"


@pytest.mark.parametrize("path", ["/", "/files/", "/a.0123456789abcdef.css", "/.flaskyard/x"])
def test_a_server_behind_answers_no_stranger_whatever_is_claimed(web: Web, path: str) -> None:
    assert web.get("example.org", path, client=STRANGER, **CLAIM).status == 421


def test_a_server_behind_answers_itself_as_deployments_ask(web: Web) -> None:
    answer = web.get("example.org")

    assert answer.headers["x-release"] == "r1"
    assert answer.echo["headers"]["x-forwarded-proto"] == "https"


def test_a_server_behind_tells_its_release_to_its_edge(web: Web) -> None:
    assert web.get("example.org", client=EDGE, **CLAIM).headers["x-release"] == "r1"


ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("client", "said", "taken"),
    [(EDGE, ID, True), (EDGE, f"{ID}x", False), (EDGE, "", False), (EDGE, "x" * 32, False)],
)
def test_a_server_behind_calls_a_request_as_its_edge_does(
    web: Web, client: str, said: str, *, taken: bool
) -> None:
    answer = web.get("example.org", client=client, X_Request_ID=said, **CLAIM)
    known = answer.headers["x-request-id"]

    assert (known == said) is taken
    assert answer.echo["headers"]["x-request-id"] == known
    assert re.fullmatch("[0-9a-f]{32}", known)


def test_a_server_behind_calls_a_request_as_no_stranger_does(web: Web) -> None:
    answer = web.get("example.org", client=STRANGER, X_Request_ID=ID, **CLAIM)

    assert answer.headers["x-request-id"] != ID


def test_one_request_has_one_id_in_both_logs_and_in_its_answer() -> None:
    with ExitStack() as stack:
        here, there = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="web-"))) for _ in "ab"
        )
        here.chmod(0o755)
        there.chmod(0o755)
        web = stack.enter_context(running(SITE.on("web0"), there))
        to_web = {f"{WEBS[0]}:80": f"127.0.0.1:{web.port}"}
        edge = stack.enter_context(fronting(SITE.on("edge"), here, to_web))
        answer = edge.get("example.org", client=STRANGER, X_Request_ID=ID)
        known = answer.headers["x-request-id"]

        def both() -> list[list[str]]:
            """Return the ids that stand in the logs, which nginx writes once all is sent."""
            logs = [(folder / "access.log").read_text() for folder in (here, there)]
            return [[line.split()[-1] for line in log.splitlines()] for log in logs]

        until("both logs have it", lambda: all(both()))
        assert both() == [[known], [known]]
    assert known != ID
    assert answer.echo["headers"]["x-request-id"] == known


def test_a_visitor_is_counted_by_his_own_address_and_an_edge_that_asks_not_at_all() -> None:
    limits = USUAL.but({"per_second": 1}, "")
    apps = tuple(replace(app, limits=limits) for app in SITE.apps)
    with behind(replace(SITE, limits=limits, apps=apps)) as web:
        ask = partial(web.get, "example.org", client=EDGE)
        own = all_at_once([partial(ask, X_Forwarded_For="127.0.0.1")] * 9)
        one = all_at_once([partial(ask, **CLAIM)] * 9)
        other = ask(X_Forwarded_For="203.0.113.10")

    assert {answer.status for answer in own} == {200}
    assert 429 in {answer.status for answer in one}
    assert other.status == 200


def test_what_nginx_tells_apps_is_what_the_edge_knows_and_no_stranger_says() -> None:
    told = Nginx(variables=(Variable("client", "$remote_addr"), Variable("scheme", "$server_port")))
    site = replace(SITE, nginx=told)
    with fleet(*three(), site=site) as there:
        there.edge.get("example.org", X_Site_Client="6.6.6.6")
        _, asked = next(web.asked[0] for web in there.webs if web.asked)
    with behind(site) as web:
        heard = web.get("example.org", client=EDGE, X_Site_Client="203.0.113.9").echo["headers"]
        own = web.get("example.org", X_Site_Client="203.0.113.9").echo["headers"]

    assert asked["X-Site-Client"] == "127.0.0.1"
    assert heard["x-site-client"] == "203.0.113.9"
    assert "x-site-scheme" not in heard
    assert own["x-site-client"] == "203.0.113.9", "this server itself may say so"


class Streaming(Echo):
    """Says of its answer that it is to pass as it comes."""

    def send_response(self, code: int, message: str | None = None) -> None:
        super().send_response(code, message)
        self.send_header("X-Accel-Buffering", "no")


def test_what_an_app_says_of_its_stream_is_heard_by_the_edge_too_and_by_nobody_else() -> None:
    with tempfile.TemporaryDirectory(prefix="web-") as name, ExitStack() as stack:
        Path(name).chmod(0o755)
        app = stack.enter_context(Upstream(f"{name}/default.sock", Streaming))
        threading.Thread(target=app.serve_forever, args=(0.05,), daemon=True).start()
        stack.callback(app.shutdown)
        web = stack.enter_context(fronting(SITE.on("web0"), Path(name)))
        passed = web.get("example.org", client=EDGE).headers
    with fleet(*three()) as there:
        shown = there.edge.get("example.org").headers

    assert passed["x-accel-buffering"] == "no"
    assert "x-accel-buffering" not in shown

"""What visitors get who want too much, and when there is nobody to answer, with a real nginx."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.limits import USUAL, Limits
from dispatcher.registry.site import App, Pool, Site
from tests.deploy.webserver import Echo, Upstream, Web, all_at_once, fronting, needs_nginx

pytestmark = needs_nginx

STRANGER = "127.0.0.9"
FULL = 1
MARKED = "site.0123456789abcdef.css"
"""What a static file may be called."""


def app(name: str, pool: str = "default", limits: Limits = USUAL) -> App:
    return App(name, "a:b", (Address("example.org", f"/{name}"),), pool, limits=limits)


SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "a:b", (Address("example.org"),)),
        app("strict", limits=USUAL.but({"per_second": 1}, "strict")),
        app("few", limits=USUAL.but({"at_once": 2}, "few")),
        app("big", limits=USUAL.but({"body_mb": 32}, "big")),
        app("quick", limits=USUAL.but({"answer_seconds": 1}, "quick")),
        app("stream", limits=USUAL.but({"buffered": False}, "stream")),
        app("free", limits=USUAL.but({"per_second": 0, "at_once": 0}, "free")),
        app("gone", "gone"),
        app("full", "full"),
    ),
    (Pool(), Pool("gone"), Pool("full")),
)


class Slow(Echo, BaseHTTPRequestHandler):
    """Answers some paths only once it may, in two parts, or with more than anybody reads."""

    go = threading.Event()
    taken: ClassVar[queue.Queue[int]] = queue.Queue()
    """How many MiB of a long answer nginx took before it would take no more."""

    def do_GET(self) -> None:
        if self.path.endswith("/wait"):
            self.go.wait(10)
        if self.path.endswith("/long"):
            self.taken.put(self.sent_until_it_stops())
            return
        if not self.path.endswith("/parts"):
            super().do_GET()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"one")
        self.wfile.flush()
        self.go.wait(10)
        self.wfile.write(b"two")

    def sent_until_it_stops(self) -> int:
        """Send up to 128 MiB; return how many went."""
        self.send_response(200)
        self.end_headers()
        self.connection.settimeout(2)
        for sent in range(128):
            try:
                self.connection.sendall(bytes(1 << 20))
            except TimeoutError:
                self.close_connection = True
                return sent
        return 128

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        super().do_GET()


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with (
        tempfile.TemporaryDirectory(prefix="web-") as name,
        Upstream(f"{name}/default.sock", Slow) as upstream,
        socket.socket(socket.AF_UNIX) as full,
        socket.socket(socket.AF_UNIX) as waiting,
    ):
        threading.Thread(target=upstream.serve_forever, args=(0.05,), daemon=True).start()
        full.bind(f"{name}/full.sock")
        full.listen(0)
        waiting.connect(f"{name}/full.sock")  # and nobody takes it
        static = Path(name, "static", "strict", "static")
        static.mkdir(parents=True)
        (static / MARKED).write_text("a { color: red }")
        Path(name).chmod(0o755)
        Path(name, "full.sock").chmod(0o777)
        with fronting(SITE, Path(name)) as web:
            yield web
        upstream.shutdown()


@pytest.fixture(autouse=True)
def hold() -> Iterator[None]:
    Slow.go.clear()
    yield
    Slow.go.set()


def status(web: Web, path: str, client: str = STRANGER) -> int:
    return web.get("example.org", path, client).status


@pytest.mark.parametrize("path", ["/gone/", "/full/"])
def test_a_pool_that_is_not_there_or_full_is_told_at_once_and_kindly(web: Web, path: str) -> None:
    began = time.monotonic()
    page = web.get("example.org", path, Accept="text/html,*/*")
    told = web.get("example.org", path, Accept="application/json")

    assert time.monotonic() - began < 4
    assert (page.status, told.status) == (503, 503)
    assert page.headers["retry-after"] == told.headers["retry-after"] == "5"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<h1>Not to be had at the moment</h1>" in page.body
    assert json.loads(told.body)["error"]["status"] == 503


def test_an_answer_that_does_not_come_is_waited_for_as_long_as_the_app_may(web: Web) -> None:
    answer = web.get("example.org", "/quick/wait")

    assert answer.status == 504
    assert answer.headers["retry-after"] == "10"
    assert b"did not answer in time" in answer.body


def test_requests_of_one_address_are_counted_for_an_app_that_says_how_many(web: Web) -> None:
    began = time.monotonic()
    many = all_at_once([partial(web.get, "example.org", "/strict/", "127.0.0.20")] * 12)
    seconds = time.monotonic() - began
    refused = [answer for answer in many if answer.status == 429]

    assert {answer.status for answer in many} == {200, 429}
    assert 12 - len(refused) in (3, 4), "two at once, and one more a second later"
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert all(b"please wait a moment" in answer.body for answer in refused)
    assert seconds >= 1, "who is refused is not back at once"
    assert status(web, "/strict/", "127.0.0.21") == 200, "another address"
    assert status(web, "/", "127.0.0.20") == 200, "another app"
    assert {status(web, "/strict/", "127.0.0.1") for _ in range(12)} == {200}, "the server itself"


def test_who_asks_a_little_too_often_waits_and_is_not_refused(web: Web) -> None:
    assert [status(web, "/strict/", "127.0.0.22") for _ in range(4)] == [200] * 4


def test_a_name_like_a_static_files_is_no_way_past_an_apps_limits(web: Web) -> None:
    many = all_at_once([partial(web.get, "example.org", f"/strict/{MARKED}", "127.0.0.26")] * 12)

    assert [answer.status for answer in many].count(200) in (3, 4)
    assert status(web, f"/{MARKED}", "127.0.0.26") == 200, "another app"
    assert posted(web, f"/big/{MARKED}", 20)[0] == 200


def test_static_files_are_not_counted(web: Web) -> None:
    asked = [web.get("example.org", f"/strict/static/{MARKED}", "127.0.0.27") for _ in range(12)]

    assert {one.body for one in asked} == {b"a { color: red }"}
    assert status(web, "/strict/", "127.0.0.27") == 200


def test_requests_under_way_of_one_address_are_counted(web: Web) -> None:
    with ThreadPoolExecutor(5) as threads:
        asked = [threads.submit(status, web, "/few/wait", "127.0.0.30") for _ in range(5)]
        done = 0
        while done < 3:  # three are refused while two wait
            done = sum(one.done() for one in asked)
            time.sleep(0.01)
        assert status(web, "/few/", "127.0.0.31") == 200
        Slow.go.set()

    assert sorted(one.result() for one in asked) == [200, 200, 429, 429, 429]


def test_an_app_may_have_no_limit(web: Web) -> None:
    assert {status(web, "/free/", "127.0.0.40") for _ in range(300)} == {200}


def posted(web: Web, path: str, megabytes: int) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    try:
        connection.request("POST", path, bytes(megabytes << 20), {"Host": "example.org"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_body_may_be_as_long_as_its_app_says(web: Web) -> None:
    assert posted(web, "/big/", 20)[0] == 200

    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    connection.putrequest("POST", "/strict/", skip_host=True)
    connection.putheader("Host", "example.org")
    connection.putheader("Content-Length", str(20 << 20))
    connection.endheaders()  # refused for what it announces, before it is sent
    answer = connection.getresponse()
    body = answer.read()
    connection.close()

    assert answer.status == 413
    assert b"does not take files or forms of this size" in body


def test_a_stream_is_passed_on_as_it_comes_where_nothing_is_buffered(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    connection.request("GET", "/stream/parts", headers={"Host": "example.org"})
    answer = connection.getresponse()
    first = answer.read(3)
    Slow.go.set()
    rest = answer.read()
    connection.close()

    assert (first, rest) == (b"one", b"two")


def test_who_reads_slowly_does_not_fill_the_disk_with_what_he_does_not_read(web: Web) -> None:
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", web.port))
        reader.sendall(b"GET /long HTTP/1.1\r\nHost: example.org\r\n\r\n")

        assert Slow.taken.get(timeout=60) < 16 + 16, "16 MiB on the disk, the rest on its way"


def test_what_an_app_says_of_its_own_errors_is_its_own(web: Web) -> None:
    assert "retry-after" not in web.get("example.org", "/").headers

"""Whatever nginx itself refuses it says in the site's look, or as JSON, with a real nginx."""

from __future__ import annotations

import http.client
import json
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.limits import USUAL
from dispatcher.registry.nginx import Nginx
from dispatcher.registry.site import App, Pool, Server, Site
from dispatcher.registry.tls import Tls
from tests.deploy.webserver import Web, fronting, needs_nginx

pytestmark = needs_nginx

STRANGER = "127.0.0.9"
MARKED = "/static/site.0123456789abcdef.css"
SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "a:b", (Address("example.org"),)),
        App(
            "few",
            "a:b",
            (Address("example.org", "/few"),),
            limits=USUAL.but({"per_second": 1}, "few"),
        ),
        App(
            "silent",
            "a:b",
            (Address("example.org", "/silent"),),
            "silent",
            limits=USUAL.but({"answer_seconds": 1}, "silent"),
        ),
    ),
    (Pool(), Pool("silent")),
)
IN_FRONT = Nginx(("127.0.0.50/32",), proxy_protocol=True)
EDGES = (
    Server("edge", "edge", role="edge", address="127.0.0.50"),
    Server("web", "web", address="127.0.0.1"),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that nginx itself answers."""

    status: int
    line: str = "GET / HTTP/1.1"
    fields: tuple[str, ...] = ()
    host: str = "example.org"
    early: bool = False
    """Whether it is refused before it says what it accepts."""

    times: int = 1
    """How often it is asked at once."""


REFUSED = {
    "a host that is none": Refused(400, host="example.org:x"),
    "a header that is none": Refused(400, fields=("X Y: 1",)),
    "a path that is none": Refused(400, "GET /%zz HTTP/1.1", early=True),
    "no file of an authority's": Refused(
        404, "GET /.well-known/acme-challenge/x HTTP/1.1", host="nobody.example"
    ),
    "a page that is nginx's own": Refused(404, "GET /.flaskyard/error.html HTTP/1.1"),
    "TRACE": Refused(405, "TRACE / HTTP/1.1"),
    "a POST to a static file": Refused(405, f"POST {MARKED} HTTP/1.1", ("Content-Length: 0",)),
    "a static file that is another": Refused(412, f"GET {MARKED} HTTP/1.1", ('If-Match: "x"',)),
    "a static file that is newer": Refused(
        412, f"GET {MARKED} HTTP/1.1", ("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",)
    ),
    "a long body": Refused(413, "POST / HTTP/1.1", ("Content-Length: 99999999",)),
    "a long line": Refused(414, f"GET /{'x' * 200_000} HTTP/1.1", early=True),
    "a host that is nobody's": Refused(421, host="nobody.example"),
    "too many requests": Refused(429, "GET /few/ HTTP/1.1", times=9),
    "a long header": Refused(431, fields=(f"X: {'x' * 200_000}",)),
    "another coding": Refused(501, fields=("Transfer-Encoding: gzip",)),
    "a pool that does not run": Refused(503),
    "an app that does not answer": Refused(504, "GET /silent/ HTTP/1.1"),
    "another version": Refused(505, "GET / HTTP/2.0", early=True),
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        file = Path(f"{name}/static/portal{MARKED}")
        file.parent.mkdir(parents=True)
        file.write_text("a { color: red }")
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{folder}/silent.sock")
        silent.listen(16)
        Path(folder, "silent.sock").chmod(0o777)
        with fronting(SITE, folder) as web:
            yield web


def answer(
    web: Web, one: Refused, accept: str, *, first: bytes = b"", to: str = "127.0.0.1"
) -> tuple[http.client.HTTPResponse, str]:
    """Ask so often at once as it says; return what is answered last, and its body."""
    lines = (one.line, f"Host: {one.host}", f"Accept: {accept}", *one.fields, "Connection: close")
    asked = "\r\n".join([*lines, "", ""]).encode()
    with ExitStack() as stack:
        for _ in range(one.times):
            connection = stack.enter_context(
                socket.create_connection((to, web.port), 20, (STRANGER, 0))
            )
            with suppress(ConnectionError):  # it is refused before all of it is sent
                connection.sendall(first + asked)
        said = http.client.HTTPResponse(connection)
        said.begin()
        return said, said.read().decode()


def is_page(said: http.client.HTTPResponse, body: str, status: int) -> None:
    assert said.status == status
    assert said.headers["Content-Type"] == "text/html; charset=utf-8"
    assert said.headers["Cache-Control"] == "no-store"
    assert said.headers["Content-Security-Policy"]
    assert len(said.headers.get_all("X-Request-ID") or ()) == 1
    assert f'<p class="status">{status}</p>' in body
    assert "<style>" in body
    assert "nginx" not in body


@pytest.mark.parametrize("one", REFUSED.values(), ids=REFUSED)
def test_what_nginx_refuses_it_says_in_the_look_of_the_site(web: Web, one: Refused) -> None:
    is_page(*answer(web, one, "text/html"), one.status)


@pytest.mark.parametrize("one", REFUSED.values(), ids=REFUSED)
def test_programs_are_told_as_json(web: Web, one: Refused) -> None:
    said, body = answer(web, one, "application/json")

    if one.early:
        is_page(said, body, one.status)
        return
    error = json.loads(body)["error"]
    assert said.headers["Content-Type"] == "application/json"
    assert error["status"] == one.status
    assert error["name"] != "This cannot be had" or one.status == 501
    assert error["message"].endswith(".")


def test_http_where_https_is_spoken_is_told_so_too(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with fronting(replace(SITE, tls=Tls("ada@example.org")), tmp_path) as web:
        is_page(*answer(Web(web.https), Refused(400), "*/*"), 400)


def test_what_is_beyond_a_file_is_told_with_the_headers_of_the_file_and_not_by_the_sites_page(
    web: Web,
) -> None:
    beyond = Refused(416, f"GET {MARKED} HTTP/1.1", ("Range: bytes=999999-",))

    said, body = answer(web, beyond, "text/html")

    assert said.status == 416
    assert said.headers["Content-Range"] == "bytes */16"
    assert "ETag" not in said.headers
    assert re.search(r"nginx/\d", body) is None


@pytest.mark.parametrize("path", ["/", "/.flaskyard/error.html", "/.flaskyard/error.html%0a"])
def test_strangers_past_the_proxies_are_told_so_too(path: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with fronting(replace(SITE, nginx=IN_FRONT), tmp_path) as web:
        asked = Refused(403, f"GET {path} HTTP/1.1")
        said = answer(web, asked, "*/*", first=b"PROXY UNKNOWN\r\n", to="127.0.0.2")

    is_page(*said, 404 if path == "/.flaskyard/error.html" else 403)


def test_strangers_past_the_edges_are_told_so_too(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with fronting(replace(SITE, servers=EDGES).on("web"), tmp_path) as web:
        is_page(*answer(web, Refused(421), "*/*"), 421)

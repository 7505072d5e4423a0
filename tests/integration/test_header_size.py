"""How long an address and a header may be: the same for nginx, gunicorn and an edge before them."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.limits import HEADER_LINES
from dispatcher.registry.site import Server, Site
from dispatcher.registry.site_toml import load
from dispatcher.registry.tls import Tls
from tests.deploy.webserver import Web, fronting, needs_nginx
from tests.integration.fronted import serving
from tests.integration.hostile import http2

pytestmark = needs_nginx

SITE = """\
name = "{name}"
domain = "{domain}"

[limits]
header_kb = {kb}

[apps.seen]
app = "seen:application"
path = "/"

[pools]
default.worker_class = "sync"
default.workers = 1
"""
SEEN = """\
import json

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({
        name: len(environ.get(name, "")) for name in ("RAW_URI", "HTTP_X", "HTTP_COOKIE")
    }).encode()]
"""
EDGES = (
    Server("edge", "edge", role="edge", address="127.0.0.50"),
    Server("web", "web", address="10.0.0.5"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def seen(self) -> Any:
        return json.loads(self.body)


@contextmanager
def site(kb: int, name: str = "yard", domain: str = "example.org") -> Iterator[tuple[Site, Path]]:
    """Give a site whose gunicorn runs, and its folder."""
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "site.toml").write_text(SITE.format(name=name, domain=domain, kb=kb))
        (folder / "seen.py").write_text(SEEN)
        with serving(folder):
            yield load(folder / "site.toml"), folder


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Give a folder with the same sockets, for another nginx."""
    with tempfile.TemporaryDirectory(prefix="web-") as place:
        Path(place).chmod(0o755)
        Path(place, "default.sock").symlink_to(folder / "default.sock")
        yield Path(place)


def secured(one: Site) -> Site:
    return replace(one, tls=Tls("ada@example.org"))


@dataclass(frozen=True, slots=True)
class Sites:
    """A site that takes 4 kB and one that takes 16, on one server, by http and by https."""

    plain: Web
    secure: Web


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    with ExitStack() as stack:
        little, folder = stack.enter_context(site(4))
        large, other = stack.enter_context(site(16, "other", "large.example"))
        here, there = (stack.enter_context(beside(one)) for one in (folder, other))
        plain = stack.enter_context(both(little, folder, large, other))
        secure = stack.enter_context(both(secured(little), here, secured(large), there))
        yield Sites(plain, secure)


@contextmanager
def both(one: Site, folder: Path, other: Site, there: Path) -> Iterator[Web]:
    """Start one nginx for two sites."""
    end = "server_names_hash_max_size 8192;"
    with fronting(one, folder, {end: f"{end}\ninclude {there}/site.conf;"}, (other, there)) as web:
        yield web


def asked(web: Web, host: str, *fields: str, path: str = "/", secure: bool = False) -> Answer:
    """Ask for a path, by https if it is to be."""
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", *fields, "Connection: close", "", "")
    with ExitStack() as stack:
        port = web.https if secure else web.port
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
        if secure:
            wrapped = unchecked().wrap_socket(connection, server_hostname=host)
            connection = stack.enter_context(wrapped)
        with suppress(ConnectionError):  # it is refused before all of it is sent
            connection.sendall("\r\n".join(lines).encode())
        said = http.client.HTTPResponse(connection)
        said.begin()
        return Answer(said.status, said.read())


def unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def path_of(line: int) -> str:
    """Return a path whose whole first line, with its end, has so many bytes."""
    return "/" + "a" * (line - len("GET / HTTP/1.1\r\n"))


def header_of(line: int) -> str:
    return "X: " + "a" * (line - len("X: \r\n"))


def headers(line: int) -> list[str]:
    """Return as much as there may be, but for the end of the request."""
    return [*[header_of(line)] * (HEADER_LINES - 1), header_of(line - 30)]


BOTH = pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
HOSTS = pytest.mark.parametrize(("host", "kb"), [("example.org", 4), ("large.example", 16)])


@BOTH
@HOSTS
def test_an_address_may_be_as_long_as_its_site_says(
    sites: Sites, host: str, kb: int, *, secure: bool
) -> None:
    web = sites.secure if secure else sites.plain
    longest, longer = path_of(kb << 10), path_of((kb << 10) + 1)

    answer = asked(web, host, path=longest, secure=secure)
    refused = asked(web, host, "Accept: application/json", path=longer, secure=secure)

    assert (answer.status, answer.seen["RAW_URI"]) == (200, len(longest))
    assert refused.status == 414
    assert b"This address is too long" in refused.body


@BOTH
@HOSTS
def test_a_header_may_be_as_long_as_its_site_says(
    sites: Sites, host: str, kb: int, *, secure: bool
) -> None:
    web = sites.secure if secure else sites.plain

    answer = asked(web, host, header_of(kb << 10), secure=secure)
    refused = asked(web, host, "Accept: application/json", header_of((kb << 10) + 1), secure=secure)

    assert (answer.status, answer.seen["HTTP_X"]) == (200, (kb << 10) - len("X: \r\n"))
    assert refused.status == 431
    assert json.loads(refused.body)["error"]["name"] == "This request is too large"


@BOTH
@HOSTS
def test_all_headers_may_have_four_times_that(
    sites: Sites, host: str, kb: int, *, secure: bool
) -> None:
    web = sites.secure if secure else sites.plain
    line = kb << 10

    assert asked(web, host, *headers(line), secure=secure).status == 200
    assert asked(web, host, *headers(line), header_of(line), secure=secure).status == 431


def test_by_http_a_header_of_a_long_address_has_more_room_and_gunicorn_takes_it(
    sites: Sites,
) -> None:
    long = asked(sites.plain, "example.org", header_of(40_000), path=path_of(2000))

    assert (long.status, long.seen["HTTP_X"]) == (200, 40_000 - len("X: \r\n"))
    too_long = asked(sites.plain, "example.org", header_of(70_000), path=path_of(2000))
    assert too_long.status == 431


def cookies(number: int, size: int) -> http2.Stream:
    many = (("cookie", f"c{n:02}=" + "b" * (size - 4)) for n in range(number))
    return http2.Stream(http2.asked(*many))


def test_cookies_of_http2_that_pass_nginx_pass_gunicorn_as_one_line(sites: Sites) -> None:
    """A browser sends them one by one, and nginx makes one header of them (RFC 9113, 8.2.3)."""
    port = sites.secure.https

    assert http2.ended(cookies(4, 4000), "127.0.0.1", port).answers == (200,)
    assert http2.ended(cookies(5, 4000), "127.0.0.1", port).answers == ()


def test_what_passes_an_edge_passes_the_servers_behind_it() -> None:
    with ExitStack() as stack:
        one, folder = stack.enter_context(site(4))
        there = secured(replace(one, servers=EDGES))
        web = stack.enter_context(fronting(there.on("web"), folder))
        with tempfile.TemporaryDirectory(prefix="web-") as place:
            Path(place).chmod(0o755)
            moved = {"10.0.0.5:80": f"127.0.0.1:{web.port}"}
            edge = stack.enter_context(fronting(there.on("edge"), Path(place), moved))
            path = path_of(4 << 10)

            address = asked(edge, "example.org", path=path, secure=True)
            header = asked(edge, "example.org", *headers(4 << 10), secure=True)
            together = http2.ended(cookies(4, 4000), "127.0.0.1", edge.https)

    assert (address.status, address.seen["RAW_URI"]) == (200, len(path))
    assert (header.status, together.answers) == (200, (200,))

"""Who a visitor is where proxies stand in front: their word counts, nobody else's."""

from __future__ import annotations

import json
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.limits import USUAL
from dispatcher.registry.nginx import Nginx
from dispatcher.registry.site import App, Site
from dispatcher.registry.tls import Tls
from tests.deploy.webserver import (
    Answer,
    Web,
    all_at_once,
    checked,
    configured,
    needs_nginx,
    running,
)

pytestmark = needs_nginx

PROXY, SECOND, STRANGER = "127.0.0.50", "127.0.0.51", "127.0.0.9"
TRUSTED = Nginx(("127.0.0.48/28", "10.0.0.0/8", "fd00::/8"))
ELSEWHERE = Tls(elsewhere=True)
SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "a:b", (Address("example.org"),)),
        App(
            "strict",
            "a:b",
            (Address("example.org", "/strict"),),
            limits=USUAL.but({"per_second": 1}, "strict"),
        ),
    ),
    nginx=TRUSTED,
)


@contextmanager
def serving(site: Site) -> Iterator[Web]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        Path(name).chmod(0o755)
        with running(site, Path(name)) as web:
            yield web


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving(SITE) as web:
        yield web


@pytest.fixture(scope="module")
def ended() -> Iterator[Web]:
    """Serve behind proxies that end https."""
    with serving(replace(SITE, tls=ELSEWHERE)) as web:
        yield web


@pytest.fixture(scope="module")
def spoken() -> Iterator[Web]:
    """Serve behind proxies that speak the PROXY protocol, and end https."""
    with serving(replace(SITE, tls=ELSEWHERE, nginx=replace(TRUSTED, proxy_protocol=True))) as web:
        yield web


def address(web: Web, client: str, **headers: str) -> str:
    return str(web.get("example.org", client=client, **headers).echo["headers"]["x-forwarded-for"])


@pytest.mark.parametrize(
    ("said", "visitor"),
    [
        pytest.param("203.0.113.9", "203.0.113.9", id="one proxy"),
        pytest.param("2001:db8::9", "2001:db8::9", id="IPv6"),
        pytest.param("[2001:db8::9]:4711", "2001:db8::9", id="IPv6 with a port"),
        pytest.param("203.0.113.9:4711", "203.0.113.9", id="with a port"),
        pytest.param("203.0.113.9, 10.1.2.3", "203.0.113.9", id="two proxies"),
        pytest.param("203.0.113.9, fd00::7, 10.1.2.3", "203.0.113.9", id="three proxies"),
        pytest.param("6.6.6.6, 203.0.113.9", "203.0.113.9", id="a visitor's own before it"),
        pytest.param("127.0.0.1, 203.0.113.9, 10.1.2.3", "203.0.113.9", id="... of two proxies"),
        pytest.param("203.0.113.9, 198.51.100.1", "198.51.100.1", id="a proxy that is not trusted"),
        pytest.param("203.0.113.9,,", "203.0.113.9", id="empty at the end"),
        pytest.param("unknown", PROXY, id="a word"),
        pytest.param("203.0.113.9, evil", PROXY, id="a word at the end"),
        pytest.param("999.1.1.1", PROXY, id="no address"),
        pytest.param("", PROXY, id="nothing"),
        pytest.param("," * 4000, PROXY, id="commas"),
    ],
)
def test_a_proxy_says_who_a_visitor_is(web: Web, said: str, visitor: str) -> None:
    assert address(web, PROXY, X_Forwarded_For=said) == visitor


@pytest.mark.parametrize("client", [STRANGER, "127.0.0.1"])
@pytest.mark.parametrize("said", ["203.0.113.9", "127.0.0.50", "127.0.0.1", "evil"])
def test_nobody_else_does(web: Web, client: str, said: str) -> None:
    assert address(web, client, X_Forwarded_For=said) == client


def test_no_other_header_says_it(web: Web) -> None:
    said = dict.fromkeys(("X_Real_IP", "CF_Connecting_IP", "True_Client_IP"), "203.0.113.9")
    assert address(web, PROXY, Forwarded="for=203.0.113.9", **said) == PROXY


def test_a_proxy_may_say_it_in_a_header_of_its_own() -> None:
    site = replace(SITE, nginx=replace(TRUSTED, real_ip_header="CF-Connecting-IP"))
    with serving(site) as web:
        said = {"CF_Connecting_IP": "203.0.113.9", "X_Forwarded_For": "6.6.6.6"}
        assert address(web, PROXY, **said) == "203.0.113.9"
        assert address(web, STRANGER, **said) == STRANGER


def test_a_visitor_is_counted_whatever_proxies_are_on_the_way(web: Web) -> None:
    def asked(visitor: str, client: str = PROXY) -> int:
        return web.get("example.org", "/strict/", client, X_Forwarded_For=visitor).status

    one = all_at_once([partial(asked, "203.0.113.1", by) for by in (PROXY, SECOND) * 6])
    other = asked("203.0.113.2")
    stranger = all_at_once([partial(asked, f"198.51.100.{n}", STRANGER) for n in range(12)])

    assert 200 in one
    assert 429 in one
    assert other == 200
    assert 429 in stranger, "it may call itself what it likes"


def test_visitors_by_ipv6_are_counted_by_their_network(web: Web) -> None:
    def asked(visitor: str) -> int:
        return web.get("example.org", "/strict/", PROXY, X_Forwarded_For=visitor).status

    household = all_at_once([partial(asked, f"2001:db8:0:1:{n}::{n}") for n in range(1, 13)])
    neighbour = asked("2001:db8:0:2::1")
    mapped = all_at_once([partial(asked, f"::ffff:203.0.113.{n}") for n in range(10, 22)])
    one = ("::ffff:203.0.113.99", "203.0.113.99")
    same = all_at_once([partial(asked, visitor) for visitor in one * 6])

    assert 200 in household
    assert 429 in household, "one visitor has 2^64 addresses"
    assert neighbour == 200
    assert set(mapped) == {200}, "each is somebody else's"
    assert 429 in same


def test_nobody_becomes_this_server_itself_by_a_word(web: Web) -> None:
    said = web.get("example.org", client=PROXY, X_Forwarded_For="127.0.0.1")

    assert "x-release" not in said.headers
    assert web.get("example.org").headers["x-release"] == "r1"
    ask = partial(web.get, "example.org", "/strict/", PROXY, X_Forwarded_For="127.0.0.1")
    assert 429 in {answer.status for answer in all_at_once([ask] * 12)}


def scheme(web: Web, client: str, said: str) -> str:
    answer = web.get("example.org", client=client, X_Forwarded_Proto=said)
    return str(answer.echo["headers"]["x-forwarded-proto"])


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("https", "https"),
        ("HTTPS", "https"),
        ("wss", "https"),
        ("ws", "http"),
        ("http, https", "https"),
        ("https, http", "http"),
        ("gopher", "http"),
        ("https://", "http"),
        ("", "http"),
    ],
)
def test_a_proxy_says_by_what_a_visitor_came(web: Web, said: str, believed: str) -> None:
    assert scheme(web, PROXY, said) == believed
    assert scheme(web, STRANGER, said) == "http"


def test_a_proxy_says_nothing_of_the_host(web: Web) -> None:
    headers = web.get(
        "example.org", client=PROXY, X_Forwarded_Host="evil.org", X_Forwarded_Port="666"
    ).echo["headers"]

    assert headers["host"] == "example.org"
    assert not {"x-forwarded-host", "x-forwarded-port"} & headers.keys()


def leads(answer: Answer) -> str:
    return answer.headers.get("location", "") if answer.status == 308 else str(answer.status)


def test_where_proxies_end_https_nobody_else_gets_by_without_it(ended: Web) -> None:
    through = ended.get("example.org", "/a?b", PROXY, X_Forwarded_Proto="https")

    assert through.echo["headers"]["x-forwarded-proto"] == "https"
    assert through.headers["strict-transport-security"] == "max-age=63072000"
    for client, said in ((PROXY, "http"), (STRANGER, "https"), (STRANGER, "")):
        answer = ended.get("example.org", "/a?b", client, X_Forwarded_Proto=said)
        assert leads(answer) == "https://example.org/a?b"
        assert "strict-transport-security" not in answer.headers, "RFC 6797, 7.2"


@pytest.mark.parametrize("client", [PROXY, "127.0.0.1"])
def test_where_proxies_end_https_they_need_not_say_so(ended: Web, client: str) -> None:
    assert ended.get("example.org", client=client).echo["headers"]["x-forwarded-proto"] == "https"


def test_a_proxy_that_ends_https_unasked_is_told_and_not_sent_round() -> None:
    with serving(replace(SITE, tls=Tls(email="ada@example.org"))) as web:
        answer = web.get("example.org", client=PROXY, X_Forwarded_Proto="https")
        assert answer.status == 421
        assert b"tls.elsewhere = true" in answer.body
        asked = (web.get("example.org", client=PROXY), web.get("example.org", client=STRANGER))
        assert [leads(one) for one in asked] == ["https://example.org/"] * 2


def v1(visitor: str) -> bytes:
    family, here = ("TCP6", "2001:db8::1") if ":" in visitor else ("TCP4", "192.0.2.1")
    return f"PROXY {family} {visitor} {here} 4711 443\r\n".encode()


def v2(visitor: str) -> bytes:
    family = socket.AF_INET6 if ":" in visitor else socket.AF_INET
    here = "2001:db8::1" if ":" in visitor else "192.0.2.1"
    addresses = socket.inet_pton(family, visitor) + socket.inet_pton(family, here)
    body = addresses + struct.pack("!HH", 4711, 443)
    kind = b"\x21\x21" if ":" in visitor else b"\x21\x11"
    return b"\r\n\r\n\x00\r\nQUIT\n" + kind + struct.pack("!H", len(body)) + body


def said(
    web: Web, first: bytes, *, client: str = PROXY, to: str = "127.0.0.2", more: str = ""
) -> bytes:
    """Say something before a request; return what is answered, nothing where it is refused."""
    request = f"GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n{more}\r\n"
    with socket.create_connection((to, web.port), 10, (client, 0)) as connection:
        connection.sendall(first + request.encode())
        try:
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            return b""


def headers_of(answer: bytes) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]
    return found


@pytest.mark.parametrize("version", [v1, v2])
@pytest.mark.parametrize("visitor", ["203.0.113.9", "2001:db8::9"])
def test_a_proxy_may_say_it_before_the_request(spoken: Web, version: object, visitor: str) -> None:
    assert callable(version)
    headers = headers_of(said(spoken, version(visitor)))

    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == (visitor, "https")


def test_what_passes_such_a_proxy_is_the_visitors_own_word(spoken: Web) -> None:
    more = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: http\r\n"
    headers = headers_of(said(spoken, v1("203.0.113.9"), more=more))

    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("203.0.113.9", "https")


@pytest.mark.parametrize("first", [v1("127.0.0.1"), v1(PROXY), v2("203.0.113.9")])
def test_whoever_else_speaks_it_is_refused(spoken: Web, first: bytes) -> None:
    answer = said(spoken, first, client=STRANGER)

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"x-release" not in answer.lower()


@pytest.mark.parametrize("client", [PROXY, STRANGER])
@pytest.mark.parametrize("first", [b"", b"PROXY TCP4 evil\r\n", b"PROXY " + b"x" * 200])
def test_who_does_not_speak_it_is_not_heard(spoken: Web, client: str, first: bytes) -> None:
    assert said(spoken, first, client=client) == b""


def test_this_server_asks_itself_without_it(spoken: Web) -> None:
    answer = spoken.get("example.org")

    assert answer.echo["headers"]["x-forwarded-proto"] == "https"
    assert answer.headers["x-release"] == "r1"


def test_an_address_that_is_not_known_is_the_proxys(spoken: Web) -> None:
    """A proxy that looks whether the server is well has no visitor to speak of."""
    assert headers_of(said(spoken, b"PROXY UNKNOWN\r\n"))["x-forwarded-for"] == PROXY


@pytest.mark.parametrize("tls", [None, ELSEWHERE, Tls(email="ada@example.org")])
@pytest.mark.parametrize("proxy_protocol", [False, True])
@pytest.mark.parametrize("trusted", [TRUSTED.trusted_proxies, ("127.0.0.1/32", "::1/128")])
def test_nginx_accepts_whatever_stands_in_front(
    tls: Tls | None, proxy_protocol: bool, trusted: tuple[str, ...], tmp_path: Path
) -> None:
    site = replace(SITE, tls=tls, nginx=Nginx(trusted, proxy_protocol=proxy_protocol))

    done = checked(configured(site, tmp_path))

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr

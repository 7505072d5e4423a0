"""What an authority is answered where a name leads to several servers, with a real nginx each."""

from __future__ import annotations

import http.client
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.nginx import Nginx
from dispatcher.registry.site import App, Server, Site
from dispatcher.registry.tls import Own, Tls
from tests.deploy.edges import Behind, Told
from tests.deploy.webserver import Web, fronting, needs_nginx

pytestmark = needs_nginx

CHALLENGES = "/.well-known/acme-challenge/"
TOKEN = "jIw0bSCqmoRCf5WQgSDK0txEU363sJ6JnPePoKH_xvU"
PLACES = ("10.0.0.5", "10.0.0.6", "fd00::7")
TLS = Tls("ada@example.org")
WEBS = tuple(Server(f"web{n}", f"web{n}", address=at) for n, at in enumerate(PLACES, 1))
SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "a:b", (Address("example.org"),)),
        App("wiki", "a:b", (Address("wiki.example.net"),)),
    ),
    servers=WEBS,
    tls=TLS,
)
EDGES = replace(
    SITE,
    servers=(
        *(replace(web, name=f"edge{n}", role="edge") for n, web in enumerate(WEBS, 1)),
        Server("web1", "web1", address="10.0.0.9"),
    ),
)
PROXIED = replace(SITE, nginx=Nginx(("10.0.0.0/8", "127.0.0.0/8")))
WAYS = {"webs": SITE, "edges": EDGES, "behind proxies": PROXIED}


@dataclass(frozen=True, slots=True)
class Entrance:
    """A server that the names lead to."""

    web: Web
    folder: Path

    def keeps(self, text: str) -> None:
        """Let it have an answer to an authority, as certbot puts it there."""
        place = self.folder / "webroot" / CHALLENGES.strip("/") / TOKEN
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def where(place: str) -> str:
    return f"[{place}]:80" if ":" in place else f"{place}:80"


@contextmanager
def entrance(site: Site, name: str, at: tuple[int, ...], port: int = 0) -> Iterator[Entrance]:
    """Start one of the servers; the others are at these ports, in the order written."""
    moved = {where(peer): f"127.0.0.1:{there}" for peer, there in zip(PLACES, at, strict=True)}
    moved[where("10.0.0.9")] = "127.0.0.1:9"
    with tempfile.TemporaryDirectory(prefix="web-") as folder:
        Path(folder).chmod(0o755)
        with fronting(site.on(name), Path(folder), moved, port=port) as web:
            yield Entrance(web, Path(folder))


@contextmanager
def closed() -> Iterator[int]:
    """Hold a port that refuses whoever connects."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def all_of(site: Site) -> Iterator[list[Entrance]]:
    """Start each of the servers that the names lead to, which know each other."""
    with ExitStack() as stack:
        ports = tuple(stack.enter_context(closed()) for _ in PLACES)
    with ExitStack() as stack:
        names = [server.name for server in site.entrances]
        yield [
            stack.enter_context(entrance(site, name, ports, port))
            for name, port in zip(names, ports, strict=True)
        ]


@contextmanager
def answering(told: Told) -> Iterator[int]:
    """Stand in for a server, and give its port."""
    server = Behind(told)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_asked_answers_for_the_one_that_asked_for_the_certificate(way: str) -> None:
    with all_of(WAYS[way]) as (first, second, last):
        last.keeps("token.print")

        for one in (first, second, last):
            for host in ("example.org", "wiki.example.net"):
                answer = one.web.get(host, CHALLENGES + TOKEN)
                assert (answer.status, answer.body) == (200, b"token.print")
                assert answer.headers["content-type"] == "text/plain"


def test_a_server_has_answers_of_its_own_first() -> None:
    told = Told("web2")
    with answering(told) as port, entrance(SITE, "web1", (9, port, port)) as one:
        one.keeps("mine.print")

        assert one.web.get("example.org", CHALLENGES + TOKEN).body == b"mine.print"

    assert told.asked == []


def test_each_is_asked_once_and_asks_nobody_else() -> None:
    first, last = Told("web1", 404), Told("web3", 404)
    with (
        answering(first) as at_first,
        answering(last) as at_last,
        entrance(SITE, "web2", (at_first, 9, at_last)) as second,
        entrance(SITE, "web1", (9, second.web.port, at_last)) as one,
    ):
        answer = one.web.get("example.org", CHALLENGES + TOKEN)

    assert answer.status == 404
    assert b"There is nothing here" in answer.body
    assert (len(first.asked), len(last.asked)) == (0, 1)


def test_one_that_refuses_or_is_silent_hides_nothing_that_another_has() -> None:
    with (
        closed() as refusing,
        socket.create_server(("127.0.0.1", 0)) as silent,
        entrance(SITE, "web3", (9, 9, 9)) as last,
    ):
        last.keeps("token.print")
        at = (refusing, silent.getsockname()[1], last.web.port)
        four = replace(SITE, servers=(*WEBS, Server("web4", "web4", address="10.0.0.9")))
        with entrance(four, "web4", at) as asked:
            answers = [asked.web.get("example.org", CHALLENGES + TOKEN) for _ in range(3)]

    assert [(one.status, one.body) for one in answers] == [(200, b"token.print")] * 3


@pytest.mark.parametrize("status", [0, 403, 404, 429, 500, 502, 503, 504])
def test_nor_does_one_that_is_not_well(status: int) -> None:
    with entrance(SITE, "web3", (9, 9, 9)) as last, answering(Told("web2", status)) as ill:
        last.keeps("token.print")
        with entrance(SITE, "web1", (9, ill, last.web.port)) as one:
            answers = [one.web.get("example.org", CHALLENGES + TOKEN) for _ in range(2)]

    assert [(one.status, one.body) for one in answers] == [(200, b"token.print")] * 2


def test_others_are_told_nothing_of_who_asks() -> None:
    told = Told("web2")
    with answering(told) as port, entrance(SITE, "web1", (9, port, port)) as one:
        one.web.get("example.org", f"{CHALLENGES}{TOKEN}?secret=1", Cookie="a=b", Referer="x")

    ((method, headers),) = told.asked
    assert method == "GET"
    assert {name: value for name, value in headers.items() if name != "Connection"} == {
        "Host": "flaskyard.invalid"
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "short"),
        ("GET", "x" * 129),
        ("GET", TOKEN + "/"),
        ("GET", f"%2e%2e/{TOKEN}"),
        ("GET", f"{TOKEN}%0aHost:%20evil.org"),
        ("GET", f"{TOKEN}/../../../{TOKEN}"),
        ("POST", TOKEN),
        ("DELETE", TOKEN),
    ],
)
def test_what_is_no_question_of_an_authority_is_passed_on_to_nobody(method: str, path: str) -> None:
    told = Told("web2")
    with answering(told) as port, entrance(SITE, "web1", (9, port, port)) as one:
        connection = http.client.HTTPConnection("127.0.0.1", one.web.port, timeout=10)
        with closing(connection):
            connection.request(method, CHALLENGES + path, headers={"Host": "example.org"})
            assert connection.getresponse().status in (308, 404)

    assert told.asked == []


@pytest.mark.parametrize("host", ["evil.org", "flaskyard.invalid"])
def test_for_a_host_that_is_not_the_site_s_nobody_else_is_asked(host: str) -> None:
    told = Told("web2")
    with answering(told) as port, entrance(SITE, "web1", (9, port, port)) as one:
        assert one.web.get(host, CHALLENGES + TOKEN).status == 404

    assert told.asked == []


def test_who_has_files_of_their_own_for_all_hosts_asks_nobody() -> None:
    own = Own("/etc/a.pem", "/etc/a.key")
    site = replace(SITE, tls=replace(TLS, certificates=dict.fromkeys(SITE.hosts, own)))
    told = Told("web2")
    with answering(told) as port, entrance(site, "web1", (9, port, port)) as one:
        assert one.web.get("example.org", CHALLENGES + TOKEN).status == 404

    assert told.asked == []

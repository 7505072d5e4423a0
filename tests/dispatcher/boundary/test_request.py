from __future__ import annotations

from typing import Any

import pytest

from dispatcher.boundary.middleware import Boundary
from dispatcher.boundary.request import HIDDEN, NAMES, ROOM, named
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import Seen, ask, environ_of

AT = Address("example.org", "/wiki")

CLAIMS = {
    "HTTP_X_SCRIPT_NAME": "/evil",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_PREFIX": "//evil.example",
    "HTTP_X_FORWARDED_PORT": "666",
    "HTTP_X_FORWARDED_SCHEME": "https",
    "HTTP_X_FORWARDED_SSL": "on",
    "HTTP_FORWARDED": "for=6.6.6.6;host=evil.example",
    "HTTP_X_OUTSIDE_URL": "https://evil.example",
    "HTTP_X_SCHEME": "https",
    "HTTP_X_ORIGINAL_URL": "/admin",
    "HTTP_X_REWRITE_URL": "/admin",
    "HTTP_PROXY": "http://evil.example",
    "HTTP_REMOTE_USER": "root",
    "HTTP_X_REMOTE_USER": "root",
    "HTTP_X_FORWARDED_USER": "root",
    "HTTP_X_FORWARDED_EMAIL": "root@example.org",
    "HTTP_X_AUTH_REQUEST_USER": "root",
    "HTTP_X_WEBAUTH_USER": "root",
    "HTTP_X_FORWARDED_CLIENT_CERT": "Subject=root",
    "REMOTE_USER": "root",
    "HTTP_X_REAL_IP": "127.0.0.1",
    "HTTP_TRUE_CLIENT_IP": "127.0.0.1",
    "HTTP_CF_CONNECTING_IP": "127.0.0.1",
    "HTTP_SCRIPT_NAME": "/evil",
    "HTTP_PATH_INFO": "/evil",
}
WRITTEN = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9", "HTTP_X_FORWARDED_PROTO": "http,https"}


def seen(proxies: int = 0, host: str = "example.org", **environ: Any) -> dict[str, Any]:
    """Return what an app sees of a request."""
    app = Seen()
    boundary = Boundary(App("wiki", "a:b", (AT,)), AT, app, proxies=proxies)
    ask(boundary, environ_of("/page", host, **environ))
    return app.environ


@pytest.mark.parametrize("proxies", [0, 1])
def test_an_app_is_told_nothing_of_where_and_who_a_client_says_it_is(proxies: int) -> None:
    assert not seen(proxies, **CLAIMS).keys() & CLAIMS.keys()
    assert CLAIMS.keys() <= HIDDEN


def test_what_a_server_and_a_browser_say_is_told_as_it_is() -> None:
    told = {"HTTP_ACCEPT": "*/*", "HTTP_REFERER": "x", "CONTENT_LENGTH": "3", "REMOTE_ADDR": "::1"}
    environ = seen(0, **told)
    assert told.items() <= environ.items()


def test_without_proxies_nobody_can_have_forwarded_a_request() -> None:
    assert not seen(0, **WRITTEN).keys() & WRITTEN.keys()


@pytest.mark.parametrize(
    ("proxies", "address", "scheme"),
    [(1, "203.0.113.9", "https"), (2, "6.6.6.6, 203.0.113.9", "http,https")],
)
def test_only_what_the_proxies_in_front_wrote_is_told(
    proxies: int, address: str, scheme: str
) -> None:
    environ = seen(proxies, **WRITTEN)
    assert environ["HTTP_X_FORWARDED_FOR"] == address
    assert environ["HTTP_X_FORWARDED_PROTO"] == scheme


@pytest.mark.parametrize(
    ("host", "scheme", "name", "port"),
    [
        ("example.org", "http", "example.org", "80"),
        ("example.org", "https", "example.org", "443"),
        ("EXAMPLE.org.:8000", "https", "example.org", "8000"),
        ("[::1]", "http", "[::1]", "80"),
        ("[::1]:8000", "http", "[::1]", "8000"),
        ("example.org:", "http", "example.org", "80"),
    ],
)
def test_the_server_is_called_what_the_host_header_says(
    host: str, scheme: str, name: str, port: str
) -> None:
    environ = seen(0, host, **{"wsgi.url_scheme": scheme, "SERVER_NAME": "0.0.0.0"})
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (name, port)


def test_names_of_hosts_take_bounded_room() -> None:
    for number in range(2 * ROOM):
        named(f"host{number}.example.org")
        named("x" * 5000 + str(number))
    assert len(NAMES) <= ROOM
    assert max(map(len, NAMES)) < ROOM


def test_what_an_app_does_to_its_environ_is_seen_by_nobody_else() -> None:
    given = environ_of("/page")
    before = dict(given)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["PATH_INFO"] = "/elsewhere"
        environ["SCRIPT_NAME"] += "/elsewhere"
        return Seen()(environ, start_response)  # type: ignore[return-value]

    ask(Boundary(App("wiki", "a:b", (AT,)), AT, app), given)

    assert {**given, **before} == given


def test_a_request_gets_an_id_of_its_own() -> None:
    first, second = (seen()["HTTP_X_REQUEST_ID"] for _ in range(2))
    assert first != second
    assert len(first) == 32
    assert int(first, 16) >= 0


@pytest.mark.parametrize("known", ["0123456789abcdef" * 2, "a-B-3-4-5", "x" * 64])
def test_the_id_that_a_trusted_proxy_gave_a_request_stays(known: str) -> None:
    assert seen(1, HTTP_X_REQUEST_ID=known)["HTTP_X_REQUEST_ID"] == known


@pytest.mark.parametrize(
    "claimed", ["short", "x" * 65, "with space", "a\nb\nc\nd\ne", "é" * 10, ""]
)
def test_an_id_that_is_none_is_replaced(claimed: str) -> None:
    assert seen(1, HTTP_X_REQUEST_ID=claimed)["HTTP_X_REQUEST_ID"] != claimed


def test_the_id_that_a_client_made_up_is_replaced() -> None:
    assert seen(0, HTTP_X_REQUEST_ID="0" * 32)["HTTP_X_REQUEST_ID"] != "0" * 32

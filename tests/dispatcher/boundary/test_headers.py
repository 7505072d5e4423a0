from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from dispatcher.boundary.headers import ROOM, RULES, rule_of
from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import environ_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WIKI = Address("example.org", "/wiki")


def left(
    *headers: tuple[str, str], at: Address = WIKI, alone: bool = False, **environ: str
) -> list[tuple[str, str]]:
    """Return the headers that leave for those of an app, without the id of the request."""
    answers: list[list[tuple[str, str]]] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(headers))
        return []

    wiki = App("wiki", "a:b", (at,), websockets=True)
    boundary = Boundary(wiki, at, app, alone=alone)
    start: Any = lambda _, headers: answers.append(headers)  # noqa: E731
    list(boundary(environ_of("/page", at.host, SCRIPT_NAME=at.path, **environ), start))
    assert answers[0][-1][0] == "X-Request-ID"
    return answers[0][:-1]


def test_headers_leave_as_they_are_and_in_their_order() -> None:
    headers = [("X-B", "1"), ("Content-Type", "a/b"), ("x-b", "2"), ("X-A", "\xe9\t;"), ("X-C", "")]
    assert left(*headers) == headers


@pytest.mark.parametrize(
    "name",
    ["X-Release", "x-request-id", "X-Accel-Redirect", "Status", "Server", "X-Powered-By"],
)
def test_an_app_cannot_speak_for_the_dispatcher_or_to_its_proxy(name: str) -> None:
    assert left((name, "forged"), ("Transfer-Encoding", "chunked")) == []


def test_what_becomes_of_a_connection_is_the_servers_affair_unless_a_visitor_asks() -> None:
    websocket = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    others = [("Keep-Alive", "timeout=5"), ("Trailer", "X-A"), ("transfer-encoding", "chunked")]
    assert left(*websocket, *others) == []
    assert left(*websocket, *others, HTTP_UPGRADE="websocket") == websocket


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ("/wiki/", True),
        ("/wiki/a/b", True),
        ("/", False),
        ("/wiki", False),  # would include /wikipedia
        ("/wikipedia/", False),
        ("/wiki/../", False),
        ("/wiki/%2e%2e/", False),
        ("/wiki/\\..\\", False),
        ("https://example.org/", False),
        ("//example.org/", False),
        ("", False),
    ],
)
def test_a_service_worker_stays_within_the_mount(scope: str, kept: bool) -> None:
    header = ("Service-Worker-Allowed", scope)
    assert left(header) == ([header] if kept else [])


def test_a_service_worker_of_a_whole_host_may_serve_all_of_it() -> None:
    header = ("Service-Worker-Allowed", "/")
    assert left(header, at=Address("example.org")) == [header]


@pytest.mark.parametrize("name", ["Clear-Site-Data", "Alt-Svc", "NEL"])
def test_a_header_that_speaks_for_a_host_leaves_only_where_no_other_app_is_at_it(name: str) -> None:
    header = (name, '"storage"')
    assert left(header) == []
    assert left(header, alone=True) == [header]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ('"cache", "cookies", "storage"', '"cache", "storage"'),
        ('"*"', '"cache", "storage"'),
        ('"cookies"', None),
    ],
)
def test_cookies_are_cleared_by_no_app_for_they_are_those_of_all_the_domain(
    asked: str, kept: str | None
) -> None:
    cleared = left(("Clear-Site-Data", asked), alone=True)
    assert cleared == ([("Clear-Site-Data", kept)] if kept else [])


@pytest.mark.parametrize(
    ("name", "value", "leaves"),
    [
        ("Location", "/login", "/wiki/login"),
        ("Location", " /login ", "/wiki/login"),
        ("Content-Location", "/page.html", "/wiki/page.html"),
        ("Refresh", "5; url=/login", "5; url=/wiki/login"),
        ("Refresh", "5;URL= /login", "5;URL=/wiki/login"),
        ("Refresh", "5; url='/login'", "5; url='/login'"),
        ("Refresh", "5", "5"),
        ("Refresh", "5; url=https://example.net/", "5; url=https://example.net/"),
    ],
)
def test_where_an_answer_leads_is_kept_below_the_mount(name: str, value: str, leaves: str) -> None:
    assert left((name, value)) == [(name, leaves)]


def test_a_header_may_be_a_string_of_ones_own_kind() -> None:
    class Safe(str):
        """As MarkupSafe has it."""

    ((_, value),) = left(("X-A", Safe("b")))
    assert type(value) is str


def test_names_of_headers_take_bounded_room() -> None:
    for number in range(2 * ROOM):
        rule_of(f"X-{number}")
        rule_of("X" * 5000 + str(number))
    assert len(RULES) <= ROOM
    assert max(map(len, RULES)) < ROOM

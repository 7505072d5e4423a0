from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dispatcher.boundary.exchange import KEY, Exchange
from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from dispatcher.tenants.resolution import TENANT
from tests.dispatcher.wsgi import Seen, ask, environ_of, get

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WIKI = Address("example.org", "/wiki")
APP = App("wiki", "a:b", (WIKI,))


class Told:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.begun: list[Exchange] = []
        self.ended: list[Exchange] = []

    def begin(self, exchange: Exchange, environ: WSGIEnvironment) -> None:
        assert environ[KEY] is exchange
        self.begun.append(exchange)

    def end(self, exchange: Exchange, environ: WSGIEnvironment) -> None:
        assert environ[KEY] is exchange
        self.ended.append(exchange)


def test_observers_are_told_of_an_exchange_when_it_begins_and_once_when_it_is_closed() -> None:
    told = Told()
    app = Seen("hello")

    get(Boundary(APP, WIKI, app, observers=(told,)), "/page")

    (exchange,) = told.begun
    assert told.ended == [exchange]
    assert app.environ[KEY] is exchange
    assert (exchange.app, exchange.mount) == ("wiki", "example.org/wiki")
    assert (exchange.status, exchange.sent, exchange.error) == (200, 5, None)


def test_an_exchange_ends_when_its_response_is_closed_and_not_before() -> None:
    told = Told()
    boundary = Boundary(APP, WIKI, Seen(), observers=(told,))

    body = boundary(environ_of("/page"), lambda *_: lambda _: None)
    assert not told.ended
    list(body)
    assert not told.ended
    body.close()  # type: ignore[attr-defined]

    assert told.ended == told.begun


class Baker:
    """An app that sets cookies and keeps the Cookie header it got."""

    def __init__(self, *values: str) -> None:
        self.values = values
        self.got: str | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.got = environ.get("HTTP_COOKIE")
        start_response("200 OK", [("Content-Type", "text/plain"), *self.set()])
        return [b"baked"]

    def set(self) -> list[tuple[str, str]]:
        return [("Set-Cookie", value) for value in self.values]


def answered(boundary: Boundary, **environ: str) -> list[tuple[str, str]]:
    answers: list[list[tuple[str, str]]] = []
    environ = {"SCRIPT_NAME": "/wiki", **environ}
    body = boundary(environ_of("/", **environ), lambda _, headers: answers.append(headers))  # type: ignore[arg-type]
    list(body)
    return [(name, value) for name, value in answers[0] if name != "X-Request-ID"]


def test_an_app_gets_its_own_cookies_and_its_answer_goes_out_in_its_own_name() -> None:
    app = Baker("session=2; HttpOnly; Path=/", "old=; HttpOnly; Max-Age=0")

    headers = answered(Boundary(APP, WIKI, app), HTTP_COOKIE="wiki~session=1; shop~session=3; a=b")

    assert app.got == "session=1"
    assert headers == [
        ("Content-Type", "text/plain"),
        ("Set-Cookie", "wiki~session=2; HttpOnly; Path=/wiki"),
        ("Set-Cookie", "wiki~old=; HttpOnly; Max-Age=0"),
    ]


def test_an_app_of_whose_cookies_there_are_none_gets_no_cookie_header() -> None:
    app = Baker()

    answered(Boundary(APP, WIKI, app), HTTP_COOKIE="shop~session=3")

    assert app.got is None


def test_cookies_are_secure_where_the_request_was() -> None:
    app = Baker("session=1; HttpOnly; Path=/")
    https = {"wsgi.url_scheme": "https", "SCRIPT_NAME": ""}

    ((_, shared),) = answered(Boundary(APP, WIKI, app), **https)[1:]
    ((_, alone),) = answered(Boundary(APP, WIKI, app, alone=True), **https)[1:]

    assert shared == "wiki~session=1; HttpOnly; Path=/; Secure"
    assert alone == "__Host-wiki~session=1; HttpOnly; Path=/; Secure"


def test_each_tenant_of_an_app_is_told_of_and_has_cookies_of_its_own() -> None:
    told, app = Told(), Seen()
    boundary = Boundary(APP, WIKI, app, observers=(told,))
    cookies = "wiki~session=none; wiki.choir~session=choir; wiki.band~session=band"

    for tenant in ("choir", "band"):
        get(boundary, HTTP_COOKIE=cookies, **{TENANT: tenant})
        assert app.environ["HTTP_COOKIE"] == f"session={tenant}"
    get(boundary, HTTP_COOKIE=cookies)
    assert app.environ["HTTP_COOKIE"] == "session=none"

    assert [exchange.tenant for exchange in told.ended] == ["choir", "band", ""]


def test_a_cookie_leaves_under_the_name_of_the_tenant() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        cookie = ("Set-Cookie", "session=1; HttpOnly; Path=/")
        start_response("200 OK", [("Content-Type", "text/plain"), cookie])
        return []

    boundary = Boundary(APP, WIKI, app)
    answer = ask(boundary, environ_of("/", SCRIPT_NAME="/t/choir", **{TENANT: "choir"}))

    assert answer.headers["Set-Cookie"] == "wiki.choir~session=1; HttpOnly; Path=/t/choir"


def test_an_app_sees_the_cookies_of_its_scripts_that_are_named() -> None:
    app = Baker()

    answered(
        Boundary(replace(APP, script_cookies=("tz",)), WIKI, app), HTTP_COOKIE="tz=CET; lang=de"
    )

    assert app.got == "tz=CET"

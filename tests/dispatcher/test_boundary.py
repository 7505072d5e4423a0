from __future__ import annotations

from typing import TYPE_CHECKING

from dispatcher.address import Address
from dispatcher.boundary import Boundary
from dispatcher.exchange import KEY, Exchange
from dispatcher.site import App
from tests.dispatcher.wsgi import Seen, environ_of, get

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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

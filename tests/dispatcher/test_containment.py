"""What comes of apps that fail or break PEP 3333: the cases of `tests.dispatcher.hostile`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from dispatcher.boundary.breach import Cut
from dispatcher.boundary.exchange import Exchange
from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.hostile import CASES, PAGE_MD, Case, Sees, document
from tests.dispatcher.wsgi import environ_of

AT = Address("example.org")
APP = App("bad", "a:b", (AT,))


class File:
    """The file wrapper of a server."""

    def __init__(self, filelike: Any) -> None:
        self.filelike = filelike

    def __iter__(self) -> File:
        return self

    def __next__(self) -> bytes:
        if data := self.filelike.read(8192):
            return bytes(data)
        raise StopIteration


class Server:
    """A strict server: keeps what it is given, and closes what it gets."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = "", {}, b""  # type: ignore[var-annotated]
        self.cut = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        assert not self.status, "started twice"
        assert exc_info is None
        self.status, self.headers = status, {name.lower(): value for name, value in headers}
        return self.write

    def write(self, data: bytes) -> None:
        assert self.status, "sent before it was started"
        assert type(data) is bytes
        self.body += data

    def run(self, app: Any, environ: dict[str, Any]) -> Server:
        try:
            body: Iterable[bytes] = app(environ, self.start)
            try:
                for part in body:
                    self.write(part)
                assert self.status, "never started"
            finally:
                if hasattr(body, "close"):
                    body.close()
        except Cut:
            self.cut = True
        return self


class Ended:
    """An observer that keeps the exchanges that have ended."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def begin(self, exchange: Exchange, environ: Any) -> None:
        assert exchange not in self.exchanges
        assert environ["PATH_INFO"] == "/bad"

    def end(self, exchange: Exchange, environ: Any) -> None:
        self.exchanges.append(exchange)
        assert environ["PATH_INFO"] == "/bad"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_app_hurts_its_own_answer_only(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    ended = Ended()
    boundary = Boundary(APP, AT, case.app, observers=(ended,))
    environ = {**environ_of("/bad"), "wsgi.file_wrapper": File}

    server = Server().run(boundary, environ)

    (exchange,) = ended.exchanges
    match case.sees:
        case Sees.PAGE:
            assert server.status == "500 INTERNAL SERVER ERROR"
            assert exchange.request_id in server.body.decode()
            assert server.headers["x-request-id"] == exchange.request_id
            assert int(server.headers["content-length"]) == len(server.body) == exchange.sent
        case Sees.CUT:
            assert server.cut
            assert server.body == b"part"
        case Sees.WHOLE:
            assert (server.status, server.body) == ("200 OK", b"whole")
            assert "x-gone" not in server.headers
    assert server.cut is (case.sees is Sees.CUT)
    assert exchange.status == int(server.status[:3])
    assert (exchange.error is not None) is bool(case.logged)
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == bool(case.logged)
    if logged:
        assert case.logged in caplog.text
        assert "GET /bad failed" in logged[0].message
        assert exchange.request_id in logged[0].message


def test_the_table_of_the_documentation_is_that_of_these_tests() -> None:
    assert PAGE_MD.read_text("utf-8") == document()

"""A part of a body is never taken for the whole of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, request
from gunicorn.http.errors import InvalidChunkSize  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import run_wsgi_app

from dispatcher.boundary.body import Body, guarded
from dispatcher.boundary.breach import CutShort
from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import environ_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WIKI = Address("example.org", "/wiki")
APP = App("wiki", "a:b", (WIKI,))

WAYS: dict[str, Callable[[Any], bytes]] = {
    "read()": lambda body: body.read(),
    "read(None)": lambda body: body.read(None),
    "read as much as is announced": lambda body: body.read(11),
    "read too much": lambda body: body.read(1000),
    "read by three": lambda body: b"".join(iter(lambda: body.read(3), b"")),
    "readlines": lambda body: b"".join(body.readlines()),
    "line by line": lambda body: b"".join(body),
    "by parts of lines": lambda body: b"".join(iter(lambda: body.readline(2), b"")),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@ways
def test_what_came_as_announced_is_read_like_any_file(way: Callable[[Any], bytes]) -> None:
    assert way(Body(io.BytesIO(b"hello\nworld"), 11)) == b"hello\nworld"


@ways
def test_what_is_cut_short_is_told_however_it_is_read(way: Callable[[Any], bytes]) -> None:
    with pytest.raises(CutShort, match=r"cut short: 3 bytes are missing\."):
        way(Body(io.BytesIO(b"hello\nwo"), 11))


@ways
def test_what_is_announced_is_all_that_is_read(way: Callable[[Any], bytes]) -> None:
    assert way(Body(io.BytesIO(b"hello\nworldGET / HTTP/1.1"), 11)) == b"hello\nworld"


@given(st.binary(max_size=40), st.lists(st.tuples(st.booleans(), st.integers(-1, 9)), max_size=9))
def test_it_is_read_as_the_file_within(whole: bytes, calls: list[tuple[bool, int]]) -> None:
    plain, body = io.BytesIO(whole), Body(io.BytesIO(whole), len(whole))

    for line, size in calls:
        assert (body.readline if line else body.read)(size) == (
            plain.readline if line else plain.read
        )(size)


class Broken(io.BytesIO):
    """Chunks that a server cannot read."""

    def read(self, size: int | None = -1) -> bytes:
        raise EOFError(f"there should be more than {size}")


def test_what_the_server_cannot_read_is_cut_short() -> None:
    with pytest.raises(CutShort, match="its end is missing"):
        Body(Broken()).read()


class Strange(io.BytesIO):
    """Chunks that are no HTTP."""

    def read(self, size: int | None = -1) -> bytes:
        raise InvalidChunkSize(b"not %d" % (size or 0))


def test_what_the_server_itself_refuses_is_left_to_it() -> None:
    with pytest.raises(InvalidChunkSize):
        Body(Strange()).read()


def test_it_may_be_used_as_the_file_that_some_servers_give() -> None:
    with Body(io.BytesIO(b"hello"), 5) as body:
        assert (body.read(3), body.read()) == (b"hel", b"lo")


def test_what_an_app_asks_for_wrongly_is_its_own_fault() -> None:
    with pytest.raises(TypeError):
        Body(io.BytesIO(b"hello"), 5).read("3")  # type: ignore[arg-type]


flask = Flask("wiki")


@flask.post("/data")
def data() -> str:
    return request.get_data(as_text=True)


@flask.post("/form")
def form() -> dict[str, str]:
    return {**request.form, **{name: one.read().decode() for name, one in request.files.items()}}


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nhello\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


def asked(app: WSGIApplication, path: str, body: bytes, length: int, kind: str = "") -> str:
    """Return the status that a server which ends bodies itself is told."""
    environ = environ_of(path, SCRIPT_NAME="/wiki", REQUEST_METHOD="POST")
    environ |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
    environ |= {"CONTENT_LENGTH": str(length), "CONTENT_TYPE": kind}
    _, status, _ = run_wsgi_app(Boundary(APP, WIKI, app), environ, buffered=True)
    return status


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [("/data", b"hello", "text/plain"), ("/form", *FORM), ("/form", b"a=1&b=2", "")],
)
def test_flask_says_that_the_visitor_has_hung_up(
    path: str, body: bytes, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    kind = kind or "application/x-www-form-urlencoded"

    assert asked(flask, path, body, len(body), kind) == "200 OK"
    assert asked(flask, path, body, len(body) + 1, kind) == "400 BAD REQUEST"
    assert not caplog.records


@pytest.mark.parametrize("length", ["", "-1", "+5", "5_0", "\u0665", "x", "9" * 5000])
def test_a_length_that_is_none_is_left_to_the_server(length: str) -> None:
    assert guarded({"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"hello")}) is None


def plain(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [])
    return [body]


def test_where_an_app_lets_it_pass_the_connection_ends_and_no_app_has_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ConnectionResetError):
        asked(plain, "/", b"hel", 5)

    assert not caplog.records

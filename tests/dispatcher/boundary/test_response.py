from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from dispatcher.boundary.breach import Cut
from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.boundary.test_middleware import Told
from tests.dispatcher.wsgi import environ_of

AT = Address("example.org")
TEXT = [("Content-Type", "text/plain")]


class Server:
    """Sends what it gets, and keeps it."""

    def __init__(self, app: Any, told: Told | None = None, *, websockets: bool = True) -> None:
        observers = (told,) if told else ()
        wiki = App("wiki", "a:b", (AT,), websockets=websockets)
        self.boundary = Boundary(wiki, AT, app, observers=observers)
        self.status = ""
        self.headers: dict[str, str] = {}

    def start(self, status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
        assert error is None
        self.status, self.headers = status, dict(headers)
        return self.write

    def write(self, data: bytes) -> None:
        raise AssertionError(f"nobody has written {data!r}")

    def ask(self, **environ: Any) -> Any:
        return self.boundary({**environ_of(), **environ}, self.start)


class Body:
    """A body that counts how often it is closed, and fails where it is told to."""

    def __init__(self, *parts: bytes, error: BaseException | None = None) -> None:
        self.parts, self.error, self.closed = parts, error, 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed += 1

    def __call__(self, _: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        return self


@pytest.mark.parametrize("error", [None, ValueError(), SystemExit(3)])
@pytest.mark.parametrize("parts", [(), (b"a", b"b")])
def test_a_body_is_closed_once_and_so_is_the_exchange(
    parts: tuple[bytes, ...], error: BaseException | None
) -> None:
    body, told = Body(*parts, error=error), Told()
    answer = Server(body, told).ask()

    try:
        list(answer)
    except OSError:
        assert parts
        assert error
    answer.close()
    answer.close()

    assert body.closed == 1
    assert len(told.ended) == 1


def test_a_body_is_closed_once_when_the_server_stops_in_the_middle_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body, told = Body(b"a", b"b"), Told()
    answer = Server(body, told).ask()
    parts = iter(answer)

    assert next(parts) == b"a"
    parts.close()
    answer.close()

    assert body.closed == 1
    assert told.ended[0].error is None
    assert not caplog.records


def test_each_part_leaves_before_the_next_is_made() -> None:
    made: list[bytes] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        for part in (b"a", b"b"):
            made.append(part)
            yield part

    parts = iter(Server(app).ask())

    assert not made
    assert next(parts) == b"a"
    assert made == [b"a"]


def test_a_visitor_who_leaves_while_an_app_writes_is_not_the_apps_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Gone(Server):
        def write(self, data: bytes) -> None:
            raise ConnectionResetError(data)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", TEXT)(b"a")
        return []

    told = Told()
    with pytest.raises(ConnectionResetError):
        Gone(app, told).ask()

    assert told.ended[0].error is None
    assert not caplog.records


def test_an_app_that_goes_on_after_its_visitor_has_left_still_cannot_end_the_worker() -> None:
    class Gone(Server):
        def write(self, data: bytes) -> None:
            raise ConnectionResetError(data)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        with suppress(ConnectionResetError):
            start_response("200 OK", TEXT)(b"a")
        raise SystemExit(3)

    with pytest.raises(Cut):
        Gone(app).ask()


def test_nothing_is_written_once_the_answer_is_closed() -> None:
    kept: list[Callable[[bytes], object]] = []

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        kept.append(start_response("200 OK", TEXT))
        return []

    answer = Server(app).ask()
    list(answer)
    answer.close()

    with pytest.raises(Exception, match=r"write\(\) takes bytes until the body ends"):
        kept[0](b"into the next answer")


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("GET", "204 No")]
)
@pytest.mark.parametrize("parts", [[], [b"whole"], repeat(b"endless")])
@pytest.mark.parametrize("writes", [False, True])
def test_an_answer_without_a_body_has_none_but_may_say_how_long_it_would_be(
    method: str,
    status: str,
    parts: Iterable[bytes],
    writes: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        write = start_response(status, [*TEXT, ("Content-Length", "5")])
        if writes:
            write(b"written")
        return parts

    told = Told()
    sent: list[bytes] = []
    server = Server(app, told)
    server.write = sent.append  # type: ignore[method-assign, assignment]
    answer = server.ask(REQUEST_METHOD=method)
    sent += answer
    answer.close()

    assert server.status == status
    assert b"".join(sent) == b""
    assert (told.ended[0].sent, told.ended[0].error) == (0, None)
    assert not caplog.records


def test_an_app_that_took_the_connection_for_a_websocket_leaves_nothing_to_answer() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise StopIteration

    with pytest.raises(StopIteration):
        Server(app).ask(HTTP_UPGRADE="websocket")


def test_a_connection_may_become_what_its_visitor_has_asked_for() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("101 Switching Protocols", [])
        return []

    server = Server(app)
    assert list(server.ask(HTTP_UPGRADE="websocket")) == []
    assert server.status.startswith("101 ")


def test_no_connection_becomes_anything_else_where_the_app_has_no_websockets() -> None:
    seen: list[Any] = []

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        seen.append(environ.get("HTTP_UPGRADE"))
        start_response("101 Switching Protocols", [])
        return []

    server = Server(app, websockets=False)
    list(server.ask(HTTP_UPGRADE="websocket"))
    assert server.status.startswith("500 ")
    assert seen == [None]


def test_who_asks_for_an_upgrade_is_not_left_waiting_either() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("100 Continue", [])
        return []

    server = Server(app)
    list(server.ask(HTTP_UPGRADE="websocket"))
    assert server.status.startswith("500 ")


def test_the_page_has_no_body_for_head(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(Body(error=ValueError()))
    assert b"".join(server.ask(REQUEST_METHOD="HEAD")) == b""
    assert server.status.startswith("500 ")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_the_page_is_json_for_a_program() -> None:
    server = Server(Body(error=ValueError()))
    assert b'"status": 500' in b"".join(server.ask(HTTP_ACCEPT="application/json"))


def sending(file: Any, *headers: tuple[str, str]) -> Callable[[Any, Any], Any]:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [*TEXT, *headers])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return wrapped

    return app


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"contents")
    return tmp_path / "file"


def ask_for(app: Callable[[Any, Any], Any], told: Told | None = None) -> Any:
    return Server(app, told).ask(**{"wsgi.file_wrapper": FileWrapper})


@pytest.mark.parametrize("headers", [(), (("Content-Length", "8"),), (("Content-Length", "3"),)])
def test_a_plain_file_is_left_to_the_server(
    path: Path, headers: tuple[tuple[str, str], ...]
) -> None:
    told, file = Told(), path.open("rb")
    answer = ask_for(sending(file, *headers), told)

    assert type(answer) is FileWrapper
    assert answer.filelike is file
    assert not told.ended
    answer.close()
    answer.close()

    assert file.closed
    assert len(told.ended) == 1
    assert told.ended[0].sent == int(dict(headers).get("Content-Length", "8"))


def test_what_a_file_is_to_do_when_it_is_closed_is_done_once(path: Path) -> None:
    closed: list[FileWrapper] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", TEXT)
        file = FileWrapper(path.open("rb"))
        file.close = lambda: closed.append(file)
        return file

    answer = ask_for(app)
    answer.close()
    answer.close()

    assert closed == [answer]
    answer.filelike.close()


def read_from(path: Path) -> io.BufferedReader:
    file = path.open("rb")
    assert file.read(1) == b"c"
    return file


def closed(path: Path) -> io.BufferedReader:
    with path.open("rb") as file:
        return file


@pytest.mark.parametrize(
    ("opened", "body"),
    [
        pytest.param(lambda _: io.BytesIO(b"contents"), b"contents", id="in memory"),
        pytest.param(read_from, b"ontents", id="read from"),
        pytest.param(closed, None, id="closed"),
    ],
)
def test_what_is_no_plain_file_is_read_within_the_boundary(
    opened: Callable[[Path], Any], body: bytes | None, path: Path
) -> None:
    answer = ask_for(sending(opened(path)))
    assert type(answer) is not FileWrapper
    parts = b"".join(answer)
    answer.close()
    assert parts == body if body is not None else b"has failed" in parts


def test_a_file_that_is_too_short_is_cut_off_and_never_hangs(path: Path) -> None:
    answer = ask_for(sending(path.open("rb"), ("Content-Length", "9")))
    with pytest.raises(BrokenPipeError):
        list(answer)
    answer.close()

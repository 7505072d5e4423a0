"""Apps that fail or break PEP 3333, and what is to come of it.

Each is at a path of its own name below `application`, which a real gunicorn serves in the
tests, too. ``python -m tests.dispatcher.hostile`` writes docs/containment.md from them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gevent import GreenletExit, Timeout

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE_MD = Path(__file__).parents[2] / "docs" / "containment.md"

TEXT = [("Content-Type", "text/plain")]


class Sees(Enum):
    """What comes of it for the visitor."""

    PAGE = "the dispatcher's page, 500"
    CUT = "what had been sent, and that the rest is missing"
    WHOLE = "the answer"


@dataclass(frozen=True)
class Case:
    """One way to fail."""

    name: str
    does: str
    sees: Sees
    app: WSGIApplication

    logged: str
    """What the log says of it; empty where nothing has gone wrong for the server."""


CASES: dict[str, Case] = {}


def case(does: str, sees: Sees, logged: str = "") -> Callable[[WSGIApplication], WSGIApplication]:
    def keep(app: WSGIApplication) -> WSGIApplication:
        name: str = app.__name__
        CASES[name] = Case(name.replace("_", "-"), does, sees, app, logged)
        return app

    return keep


def raising(does: str, error: BaseException) -> None:
    """Make three cases of an exception: in the call, in the first part, after a part was sent."""
    name = type(error).__name__

    def in_call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return raised(error)

    def at_first(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "4"), *TEXT])
        yield from raised(error)

    def midway(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        yield b"part"
        yield from raised(error)

    for app, when, sees in (
        (in_call, "when it is called", Sees.PAGE),
        (at_first, "before the first part of its body", Sees.PAGE),
        (midway, "after a part was sent", Sees.CUT),
    ):
        app.__name__ = f"{name.lower()}_{app.__name__}"
        case(f"{does} {when}", sees, name)(app)


def raised(error: BaseException) -> Iterator[bytes]:
    raise error.with_traceback(None)


raising("raises an exception", ValueError("kaput"))
raising("calls `sys.exit(3)`", SystemExit(3))
raising("raises KeyboardInterrupt", KeyboardInterrupt())
raising("raises gevent's GreenletExit", GreenletExit())
raising("lets a gevent Timeout escape", Timeout(7))
raising("raises BrokenPipeError, as if the visitor had gone,", BrokenPipeError(32, "pipe"))


class UnspeakableError(BaseException):
    """Cannot be printed, and says that it is gunicorn's."""

    __module__ = "gunicorn.http"

    def __str__(self) -> str:
        raise SystemExit(3)


@case("raises what calls `sys.exit(3)` when it is printed", Sees.PAGE, "UnspeakableError")
def unspeakable(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise UnspeakableError


@case("raises GeneratorExit", Sees.PAGE, "GeneratorExit")
def generator_exit(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise GeneratorExit


@case("raises StopIteration when it is called", Sees.PAGE, "StopIteration")
def stop_iteration(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise StopIteration


@case("recurses without end", Sees.PAGE, "RecursionError")
def recursion(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return recursion(environ, start_response)


@case("returns None", Sees.PAGE, "TypeError: 'NoneType' object is not iterable")
def returns_none(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
    start_response("200 OK", TEXT)


@case("returns a string", Sees.PAGE, "a body is made of bytes, not of str")
def returns_str(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
    start_response("200 OK", TEXT)
    return "text"


@case("returns what raises when it is iterated over", Sees.PAGE, "ValueError")
def hostile_iter(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
    class Body:
        def __iter__(self) -> Iterator[bytes]:
            raise ValueError("no")

    start_response("200 OK", TEXT)
    return Body()


@case("has a string among the parts of its body", Sees.CUT, "bytes, not of str")
def str_midway(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
    start_response("200 OK", TEXT)
    return [b"part", "text"]


@case("never calls `start_response`", Sees.PAGE, "start_response was not called before")
def never_starts(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return []


@case("makes a body and never calls `start_response`", Sees.PAGE, "was not called before the body")
def body_only(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return [b"body"]


@case("calls `start_response` only when its body is asked for, as it may", Sees.WHOLE)
def starts_late(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", TEXT)
    yield b"whole"


@case("makes an empty part and then raises an exception", Sees.PAGE, "ValueError: kaput")
def empty_and_raises(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", TEXT)
    yield b""
    raise ValueError("kaput")


@case("calls `start_response` twice", Sees.PAGE, "start_response was called twice")
def starts_twice(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    start_response("200 OK", TEXT)
    return [b"body"]


@case("calls it again with `exc_info` before anything was sent, as it may", Sees.WHOLE)
def starts_anew(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("500 Oops", [("X-Gone", "1"), ("Content-Length", "99")])
    try:
        raise ValueError("kaput")
    except ValueError:
        start_response("200 OK", TEXT, sys.exc_info())
    return [b"whole"]


@case("calls it again with `exc_info` after an empty part, as it may", Sees.WHOLE)
def empty_and_anew(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("500 Oops", [("X-Gone", "1")])
    yield b""
    try:
        raise ValueError("kaput")
    except ValueError:
        start_response("200 OK", TEXT, sys.exc_info())
    yield b"whole"


@case("calls it again with `exc_info` after a part was sent", Sees.CUT, "ValueError: kaput")
def starts_too_late(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", TEXT)
    yield b"part"
    try:
        raise ValueError("kaput")
    except ValueError:
        start_response("500 Oops", TEXT, sys.exc_info())
    yield b"more"


def heads(does: str, name: str, status: Any, headers: Any, logged: str) -> None:
    """Make a case of a status or headers."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, headers)
        return [b"body"]

    app.__name__ = name
    case(does, Sees.PAGE, logged)(app)


heads("has a status of bytes", "bytes_status", b"200 OK", TEXT, "must be a string like '200 OK'")
heads("has a status that is a number", "int_status", 200, TEXT, "must be a string like '200 OK'")
heads("has a status without a number", "no_status", "OK", TEXT, "must be like '200 OK', not 'OK'")
heads(
    "has a status that goes before an answer, so that the next one would be taken for it",
    "interim_status",
    "100 Continue",
    TEXT,
    "'100 Continue' goes before an answer",
)
heads("has a status for what nobody asked", "switching", "101 X", TEXT, "'101 X' goes before")
heads(
    "has an end of line in its status", "crlf_status", "200 OK\r\nX: y", TEXT, "must be like '200"
)
heads(
    "has an end of line in a header",
    "crlf_header",
    "200 OK",
    [("X-A", "b\r\nSet-Cookie: a=b")],
    "X-A has characters that no header may have",
)
heads(
    "has an end of line in the name of a header",
    "crlf_name",
    "200 OK",
    [("X-A: b\r\nX-B", "c")],
    "cannot be the name of a header",
)
heads(
    "has a header of bytes",
    "bytes_header",
    "200 OK",
    [(b"X-A", b"b")],
    "cannot be the name of a header",
)
heads("has a header that is a number", "int_header", "200 OK", [("X-A", 5)], "must be a string")
heads("has a header beyond latin-1", "wide_header", "200 OK", [("X-A", "€")], "has characters")
heads("has headers that are no pairs", "dict_header", "200 OK", {"X-Abc": "b"}, "ValueError")
heads("has no headers, but None", "none_header", "200 OK", None, "TypeError")
heads(
    "has a Content-Length that is no number",
    "no_length",
    "200 OK",
    [("Content-Length", "-1")],
    "Content-Length must be a number, not '-1'",
)
heads(
    "has two Content-Lengths",
    "two_lengths",
    "200 OK",
    [("Content-Length", "4"), ("content-length", "2")],
    "two headers Content-Length",
)


@case("announces more than it sends", Sees.CUT, "Content-Length says 9 bytes, the body has 4")
def too_short(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "9"), *TEXT])
    return [b"part"]


@case("announces a body and sends none", Sees.PAGE, "Content-Length says 9 bytes, there are none")
def empty(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "9"), *TEXT])
    return []


@case("sends more than it announced, without end", Sees.WHOLE, "says 5 bytes, not more")
def too_long(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", "5"), *TEXT])
    yield b"wh"
    while True:
        yield b"ole"


@case("sends with `write()`, the old way", Sees.WHOLE)
def writes(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    write = start_response("200 OK", TEXT)
    write(b"wh")
    return [b"ole"]


@case("sends with `write()` and then raises", Sees.CUT, "ValueError: kaput")
def writes_and_raises(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)(b"part")
    raise ValueError("kaput")


@case("gives `write()` a string", Sees.PAGE, "write() takes bytes")
def writes_str(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)("text")  # type: ignore[arg-type]
    return []


class Closing:
    """A body that fails when it is closed."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"whole"])

    def close(self) -> None:
        raise self.error


@case("raises when its body is closed", Sees.WHOLE, "ValueError: kaput")
def close_raises(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return Closing(ValueError("kaput"))


@case("calls `sys.exit(3)` when its body is closed", Sees.WHOLE, "SystemExit: 3")
def close_exits(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return Closing(SystemExit(3))


@case("empties `environ`", Sees.WHOLE)
def clears_environ(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ.clear()
    start_response("200 OK", TEXT)
    return [b"whole"]


@case("empties `environ` and raises", Sees.PAGE, "ValueError: kaput")
def clears_and_raises(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ.clear()
    raise ValueError("kaput")


@case("wraps as a file what calls `sys.exit(3)` when it is read", Sees.PAGE, "SystemExit: 3")
def exits_as_file(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    class File:
        def read(self, _: int = -1) -> bytes:
            raise SystemExit(3)

        def fileno(self) -> int:
            raise SystemExit(3)

    start_response("200 OK", TEXT)
    wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](File())
    return wrapped


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return CASES[environ["PATH_INFO"][1:].replace("-", "_")].app(environ, start_response)


def healthy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say which process answers."""
    start_response("200 OK", TEXT)
    return [str(os.getpid()).encode()]


def table() -> str:
    rows = [
        f"| {case.does} | {case.sees.value} | {f'`{case.logged}`' if case.logged else ''} |"
        for case in CASES.values()
    ]
    return "\n".join(["| An app that | Its visitor gets | In the log |", "|---|---|---|", *rows])


def document() -> str:
    """Return docs/containment.md as it should be: the table is put into the text."""
    before, mark, after = PAGE_MD.read_text("utf-8").partition(BEGIN)
    _, end, rest = after.partition(END)
    return f"{before}{mark}\n{table()}\n{end}{rest}"


BEGIN = "<!-- made from the tests by `python -m tests.dispatcher.hostile` -->"
END = "<!-- until here -->"

if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")

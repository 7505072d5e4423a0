"""Small WSGI applications and a client, for the tests here."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Seen:
    """An app that answers with its name and keeps what it was called with."""

    def __init__(self, name: str = "app") -> None:
        self.name = name
        self.environ: dict[str, Any] = {}
        self.calls = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.environ = dict(environ)
        self.calls += 1
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [self.name.encode()]


class Answer:
    """What a WSGI application answered."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = int(status[:3])
        self.headers = dict(headers)
        self.text = body.decode("utf-8", "replace")


def refuse(data: bytes) -> None:
    raise AssertionError(f"nothing here writes, but {data!r} was written")


def written(path: str) -> str:
    """Return a path as a request has it, with nothing encoded that need not be."""
    plain = string.punctuation.replace("%", "").replace("?", "")
    return quote(path, safe=plain, encoding="latin-1", errors="replace")


def environ_of(path: str = "/", host: str | None = "example.org", **more: Any) -> dict[str, Any]:
    """Return what a server makes of a request."""
    environ: dict[str, Any] = {"PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": ""}
    environ = {**environ, "RAW_URI": written(path), **more}
    setup_testing_defaults(environ)
    del environ["HTTP_HOST"]
    if host is not None:
        environ["HTTP_HOST"] = host
    return environ


def get(
    app: WSGIApplication, path: str = "/", host: str | None = "example.org", **more: Any
) -> Answer:
    """Make one request, holding it and the application to PEP 3333."""
    return answer_of(app, environ_of(path, host, **more))


def ask(app: WSGIApplication, environ: dict[str, Any]) -> Answer:
    """Make a request that no valid server would send; hold the application alone to PEP 3333."""
    return answer_of(lambda _, start_response: app(environ, start_response), environ_of())


def answer_of(app: WSGIApplication, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        assert not exc_info
        started.append((status, headers))
        return refuse

    body = validator(app)(environ, start_response)
    try:
        data = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    ((status, headers),) = started
    return Answer(status, headers, data)

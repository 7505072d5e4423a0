"""One line for each request, when its answer has ended."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quoted
from time import perf_counter
from typing import TYPE_CHECKING

from dispatcher.boundary.exchange import Exchange
from dispatcher.boundary.request import given_id
from dispatcher.logs import EXCHANGE, OWN, SERVING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Write = Callable[[str], object]

log = logging.getLogger("dispatcher.access")


class AccessLog:
    """Write a line about each exchange with an app, and let other lines say its id.

    Neither the query nor the client is on it: the one may hold secrets, the other is
    somebody's. The line of JSON is made by hand, in 1 µs; structlog takes 4.5.
    """

    __slots__ = ("line", "proxies")

    def __init__(self, form: str, write: Write | None = None, *, proxies: int = 0) -> None:
        """``write`` takes a line of JSON; the process's own stderr if not given."""
        self.proxies = proxies
        self.line: Callable[[Exchange, str, str, str, float], object] = text
        if form == "json":
            write = write or to_stderr
            self.line = lambda *values: write(fields(*values))

    def begin(self, exchange: Exchange, environ: WSGIEnvironment) -> None:  # noqa: ARG002 - Observer
        EXCHANGE.set(exchange)

    def end(self, exchange: Exchange, environ: WSGIEnvironment) -> None:
        """Log an exchange that has ended."""
        seconds = perf_counter() - exchange.started
        path = exchange.script + environ.get("PATH_INFO", "")
        host, method = environ.get("HTTP_HOST", ""), environ["REQUEST_METHOD"]
        self.line(exchange, host, method, path if path.isascii() else decoded(path), seconds)

    def own(self, environ: WSGIEnvironment, status: int, sent: int, seconds: float) -> None:
        """Log an answer that the dispatcher gave itself, for no app had the address."""
        known = given_id(environ) if self.proxies else ""
        exchange = Exchange(OWN, "", known, 0.0, status=status, sent=sent)
        token = SERVING.set(OWN)
        path = decoded(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
        host, method = environ.get("HTTP_HOST", ""), environ["REQUEST_METHOD"]
        self.line(exchange, host, method, path, seconds)
        SERVING.reset(token)


def fields(exchange: Exchange, host: str, method: str, path: str, seconds: float) -> str:
    """Return the line as `dispatcher.logs.by_fields` would write it."""
    tenant = f', "tenant": {quoted(exchange.tenant)}' if exchange.tenant else ""
    return (
        f'{{"app": {quoted(exchange.app)}, "level": "info", "event": "request", '
        f'"request_id": {quoted(exchange.request_id)}{tenant}, '
        f'"mount": {quoted(exchange.mount)}, "host": {quoted(host)}, "method": {quoted(method)}, '
        f'"path": {quoted(path)}, "status": {exchange.status}, '
        f'"ms": {seconds * 1000:.1f}, "bytes": {exchange.sent}}}\n'
    )


def text(exchange: Exchange, host: str, method: str, path: str, seconds: float) -> None:
    """Log the line in a person's form."""
    where = f"{host}{path}"
    if not where.isprintable():
        where = where.encode("unicode_escape").decode()
    log.info(
        "%d %s %s %d bytes %d ms", exchange.status, method, where, exchange.sent, seconds * 1000
    )


def decoded(path: str) -> str:
    """Return a path of WSGI, bytes as latin-1 (PEP 3333), as the text that it is."""
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def to_stderr(line: str) -> None:
    sys.__stderr__.write(line)  # type: ignore[union-attr]

"""The dispatcher's own answers, where no app answers: as a page, or as JSON where asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, Template
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from dispatcher.registry.headers import of_page

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@cache
def source() -> str:
    return Path(__file__).with_name("page.html").read_text("utf-8")


@cache
def template() -> Template:
    return Environment(autoescape=True).from_string(source())


@cache
def said_to_browsers() -> tuple[tuple[str, str], ...]:
    return tuple(of_page(source()).items())


HTML, JSON = "text/html", "application/json"


def wanted(accept: str) -> str:
    """Return the media type to answer in, for an Accept header (RFC 9110, section 12.5.1)."""
    if accept in ("", "*/*") or accept.startswith("text/html,"):
        return HTML
    return parse_accept_header(accept, MIMEAccept).best_match([HTML, JSON], HTML)


def no_content(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Be the WSGI application that agrees and says nothing."""
    start_response("204 No Content", [])
    return []


class Page:
    """A WSGI application that always gives one answer."""

    def __init__(
        self, status: int, message: str, *, detail: str = "", retry_after: int | None = None
    ) -> None:
        """``detail`` is preformatted text below the message; ``retry_after`` is in seconds."""
        self.status, self.message, self.detail = HTTPStatus(status), message, detail
        self.retry_after = retry_after
        self.bodies: dict[str, bytes] = {}
        """Made when first asked for, by media type: what strangers ask for must cost little."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        kind = wanted(environ.get("HTTP_ACCEPT", ""))
        if kind not in self.bodies:
            self.bodies[kind] = self.text(kind).encode()
        body = self.bodies[kind]
        headers = [
            ("Content-Type", f"{kind}; charset=utf-8" if kind == HTML else kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Vary", "Accept"),
            *said_to_browsers(),
        ]
        if self.retry_after is not None:
            headers.append(("Retry-After", str(self.retry_after)))
        start_response(f"{self.status.value} {self.status.phrase.upper()}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def text(self, kind: str) -> str:
        phrase = self.status.phrase
        if kind == HTML:
            shown = {"message": self.message, "detail": self.detail}
            return str(template().render(status=self.status.value, phrase=phrase, **shown))
        error = {"status": self.status.value, "name": phrase, "message": self.message}
        if self.detail:
            error["detail"] = self.detail
        return json.dumps({"error": error}) + "\n"

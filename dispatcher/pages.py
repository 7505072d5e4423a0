"""The dispatcher's own answers, where no app answers: as a page, or as JSON where asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, Template
from werkzeug import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@cache
def template() -> Template:
    source = Path(__file__).with_name("page.html").read_text("utf-8")
    return Environment(autoescape=True).from_string(source)


class Page:
    """A WSGI application that always gives one answer."""

    def __init__(
        self, status: int, message: str, *, detail: str = "", retry_after: int | None = None
    ) -> None:
        """``detail`` is preformatted text below the message; ``retry_after`` is in seconds."""
        self.status, self.message, self.detail = HTTPStatus(status), message, detail
        self.retry_after = retry_after

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.response(Request(environ))(environ, start_response)

    def response(self, request: Request) -> Response:
        accept = request.accept_mimetypes
        kind = accept.best_match(["text/html", "application/json"], "text/html")
        response = Response(self.text(kind), self.status, mimetype=kind)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Accept"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response

    def text(self, kind: str) -> str:
        phrase = self.status.phrase
        if kind == "text/html":
            shown = {"message": self.message, "detail": self.detail}
            return str(template().render(status=self.status.value, phrase=phrase, **shown))
        error = {"status": self.status.value, "name": phrase, "message": self.message}
        if self.detail:
            error["detail"] = self.detail
        return json.dumps({"error": error}) + "\n"

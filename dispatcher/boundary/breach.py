"""What goes wrong between an app and its server."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Breach(Exception):
    """An app did what no WSGI application may do (PEP 3333)."""


class Cut(BrokenPipeError):
    """An app failed when a part of its answer had left, so that the rest must never seem whole.

    So it is with a connection that an app has taken over: what follows is no answer.

    Servers take it as they take a connection that is gone: they end it without the mark
    that ends a body, and say nothing. The log has said what there is to say.
    """

    def __init__(self) -> None:
        super().__init__(errno.EPIPE, "the app failed in the middle of its answer")


class CutShort(ClientDisconnected, ConnectionResetError):
    """The body of a request ends before it is over: its visitor has hung up, or is slow.

    Flask answers what is Werkzeug's with 400 and logs nothing; others know it for a
    connection that is gone, as does gunicorn.
    """

    errno = errno.ECONNRESET

    def __init__(self, missing: int | None) -> None:
        """``missing`` bytes were announced and did not come; None where nobody said."""
        self.missing = missing
        much = "its end is" if missing is None else f"{missing} bytes are"
        super().__init__(f"The request was cut short: {much} missing.")

    def __str__(self) -> str:
        return self.description or ""


def is_servers(error: BaseException, environ: WSGIEnvironment) -> bool:
    """Whether an exception is a word between the server and those it came to through the app.

    gunicorn says so what is wrong with a body that the app reads. StopIteration tells it
    that the connection has become a WebSocket's, which leaves nothing to answer.
    """
    if isinstance(error, StopIteration):
        return "HTTP_UPGRADE" in environ
    if isinstance(error, CutShort):
        return True
    return isinstance(error, Exception) and str(type(error).__module__).startswith("gunicorn.")

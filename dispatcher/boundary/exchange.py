"""One request and its answer, as those who count, time and log it see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from dispatcher.boundary.websocket import Taken

KEY = "dispatcher.exchange"
"""Where the environ of a request holds its exchange."""


@dataclass(slots=True)
class Exchange:
    """One request to an app, filled in as it is answered. `Boundary` makes them."""

    app: str
    """The name of the app."""

    mount: str
    """The address the app was asked at, like ``example.org/wiki``, without the last slash."""

    request_id: str

    started: float
    """When it came, as `time.perf_counter` has it."""

    script: str = ""
    """Where the app is mounted, SCRIPT_NAME, percent-encoded: redirects are kept below it."""

    tenant: str = ""

    status: int = 0
    """What is answered; 0 until the app has said so."""

    sent: int = 0
    """The bytes of the body handed to the server so far."""

    announced: int = -1
    """The bytes of the body that Content-Length says there are, or -1."""

    error: BaseException | None = None
    """What the app raised, or the `Breach` it committed."""

    nonce: str = ""
    """What lets a script or a style of this answer through its Content-Security-Policy."""

    own: set[str] | None = None
    """The names of headers that the app has written itself, of those that it would be given."""

    bare: bool = False
    """Whether it is given none: the answer is the debugger's."""

    file: str = ""
    """The file that is to be sent instead of what the app returns, as it has named it."""

    taken: Taken | None = None
    """The connection, where the app may make a websocket of it."""

    links: set[str] | None = None
    """Addresses of other apps that were given out on purpose: a redirect there is left alone."""


class Observer(Protocol):
    """Something that is told of every exchange with an app; its methods raise nothing."""

    def begin(self, exchange: Exchange, environ: WSGIEnvironment) -> None:
        """Be told before the app is called. ``environ`` is the server's, not the app's own."""

    def end(self, exchange: Exchange, environ: WSGIEnvironment) -> None:
        """Be told once when the response is closed, whether or not all of it was sent."""

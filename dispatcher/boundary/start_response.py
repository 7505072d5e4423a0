"""What an app says before the body of its answer: the ``start_response`` of PEP 3333."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dispatcher.boundary.breach import Breach, Cut
from dispatcher.boundary.status_line import CODES, WITHOUT_BODY, code_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from dispatcher.boundary.downloads import Place
    from dispatcher.boundary.exchange import Exchange, Observer
    from dispatcher.boundary.headers import Outward


class Start:
    """Status and headers, kept until there is a first part of the body; then they are sent."""

    status = ""
    headers: list[tuple[str, str]]
    begun = closed = False
    mute = False
    """Whether the answer is one without a body, whatever the app returns."""

    servers: BaseException | None = None
    """What the server raised through the app: its visitor has gone, for one."""

    def __init__(
        self,
        server: StartResponse,
        exchange: Exchange,
        environ: WSGIEnvironment,
        outward: Outward,
        place: Place,
        observers: tuple[Observer, ...],
    ) -> None:
        """``environ`` is the one that the app cannot change; ``observers`` hear of the end."""
        self.server, self.exchange, self.environ = server, exchange, environ
        self.outward, self.place, self.observers = outward, place, observers

    def start(
        self, status: str, headers: Iterable[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        """Be the ``start_response`` of the app; raises `Breach`, or what PEP 3333 wants raised."""
        if exc_info is not None:
            if self.begun:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self.status:
            raise Breach("start_response was called twice")
        code = CODES.get(status) or code_of(status)
        if code < 200 and not (code == 101 and "HTTP_UPGRADE" in self.environ):
            raise Breach(f"{status!r} goes before an answer and is none")
        self.headers = self.outward.headers(code, headers, self.exchange, self.environ)
        self.status, self.exchange.status = status, code
        if code not in (200, 206):  # what is said instead of a file
            self.exchange.file = ""
        self.mute = self.environ.get("REQUEST_METHOD") == "HEAD" or code in WITHOUT_BODY
        if self.mute:  # its Content-Length is that of another answer
            self.exchange.announced = 0
        return self.write

    def write(self, data: bytes) -> None:
        """Send a part of the body at once: the old way, which PEP 3333 keeps for old apps."""
        if not isinstance(data, bytes) or self.closed:
            raise Breach(f"write() takes bytes until the body ends, not {data!r:.50}")
        if not self.begun:
            self.begin()
        if self.mute:
            data = b""
        try:
            self.to_server(data)
        except BaseException as error:
            self.servers = error
            raise
        self.exchange.sent += len(data)

    def begin(self) -> None:
        """Give the server the status and the headers; raises `Breach` where there are none."""
        if (taken := self.exchange.taken) and taken.switched:
            raise Cut  # it was answered on the connection itself
        if not self.status:
            raise Breach("start_response was not called before the body")
        self.begun = True
        try:
            self.to_server = self.server(self.status, self.headers)
        except BaseException as error:
            self.servers = error
            raise

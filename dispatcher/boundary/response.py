"""The answer of an app, on its way to the server: held to PEP 3333, and failing alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from dispatcher.boundary.breach import Breach, Cut, is_servers
from dispatcher.boundary.downloads import sent
from dispatcher.boundary.sendfile import Closing, size_to_send, taken_over
from dispatcher.boundary.start_response import Start
from dispatcher.boundary.status_line import WITHOUT_BODY, code_of
from dispatcher.boundary.websocket import SERVER_ERROR, Taken
from dispatcher.routing.pages import Page

FAILED = "This part of the site has failed. The others work."

log = logging.getLogger(__name__)


class Answer(Start):
    """One answer: the app's ``start_response``, and the body that the server iterates over.

    Nothing goes to the server before the app has made a first part of the body, so that
    until then a failure can still be answered with a page. After that the connection ends.
    """

    body: Iterable[bytes] | Closing | None = None
    """What the app returned, until it is closed."""

    chunks: Iterator[bytes] = iter(())

    def of(self, body: Iterable[bytes]) -> Iterable[bytes]:
        """Take what the app returned; return what the server is to send."""
        self.body = body
        self.chunks = iter(body)
        wrapper = self.environ.get("wsgi.file_wrapper")
        fresh = self.status and not self.begun and not self.mute and not self.exchange.file
        if wrapper is not None and body.__class__ is wrapper and fresh:
            size = size_to_send(body, self.exchange.announced)
            if size is not None:
                return self.file(body, size)
        return self

    def file(self, wrapper: Any, size: int) -> Iterable[bytes]:
        """Leave a plain file to the server, which may have the kernel send it."""
        self.begin()
        self.exchange.sent = size
        self.body = taken_over(wrapper, self.close)
        return wrapper  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts of the body, or a page, or raise `Cut`."""
        exchange = self.exchange
        handed = False
        try:
            for chunk in self.chunks:
                if chunk.__class__ is not bytes and not isinstance(chunk, bytes):
                    raise Breach(f"a body is made of bytes, not of {type(chunk).__name__}")
                if not self.begun:
                    if exchange.file:
                        break
                    if self.status and not chunk:
                        continue  # PEP 3333: that is not yet a part of the body
                    self.begin()
                exchange.sent += len(chunk)
                handed = True
                if exchange.sent > exchange.announced >= 0:
                    yield self.within(chunk)
                    return
                yield chunk
                handed = False
            if self.begun or not exchange.file:
                self.complete()
                return
            self.hand_over()
        except BaseException as error:
            if handed:  # GeneratorExit: the server wants no more
                raise
            self.fail(error)
        yield from self  # the file, or the page

    def hand_over(self) -> None:
        """Send the file that the app has named, and nothing of what it returned."""
        exchange, environ = self.exchange, self.environ
        path, exchange.file = exchange.file, ""
        self.close_body()
        found = sent(self.place, path, self.headers, environ)
        self.status, self.headers, self.body = found.status, found.headers, found.body
        self.chunks = iter(found.body)
        exchange.status = code_of(found.status)
        self.mute = self.mute or exchange.status in WITHOUT_BODY
        lengths = [value for name, value in found.headers if name.lower() == "content-length"]
        exchange.announced = int(lengths[0]) if lengths and not self.mute else -1

    def complete(self) -> None:
        """Raise `Breach` where the app has not made all of its body."""
        exchange = self.exchange
        if not self.begun:
            if exchange.announced > 0:
                raise Breach(f"Content-Length says {exchange.announced} bytes, there are none")
            self.begin()
        elif exchange.sent < exchange.announced:
            said, made = exchange.announced, exchange.sent
            raise Breach(f"Content-Length says {said} bytes, the body has {made}")

    def within(self, chunk: bytes) -> bytes:
        """Return what of the last chunk fits into the Content-Length; nothing comes after it."""
        exchange = self.exchange
        if not self.mute:
            exchange.error = Breach(f"Content-Length says {exchange.announced} bytes, not more")
            self.tell("failed", exchange.error)
        chunk = chunk[: exchange.announced - exchange.sent]
        exchange.sent = exchange.announced
        return chunk

    def fail(self, error: BaseException) -> None:
        """Answer with a page where nothing has left yet; raise where it is too late for one."""
        exchange = self.exchange
        if exchange.taken and exchange.taken.switched:
            self.leave(exchange.taken, error)
        if error is self.servers or is_servers(error, self.environ):
            self.close()
            raise error
        exchange.error = error
        self.tell("failed", error)
        if self.begun:
            self.close()
            raise Cut from None
        self.close_body()
        self.status = ""
        page = Page(500, FAILED, detail=f"Request {exchange.request_id}")
        self.chunks = iter(page(self.environ, self.start))

    def leave(self, taken: Taken, error: BaseException) -> NoReturn:
        """End a connection on which the app has spoken itself: nothing may be written there."""
        exchange = self.exchange
        if not isinstance(error, (Cut, StopIteration)):
            exchange.error = error
            self.tell("failed", error)
        if exchange.error or exchange.status >= 500:
            taken.end(SERVER_ERROR)
        taken.close()  # or a server that keeps connections would look for a request in it
        exchange.status, exchange.sent = 101, taken.sent
        self.close()
        raise Cut from None

    def close(self) -> None:
        """Close what the app returned, once, and tell the observers."""
        if not self.closed:
            self.closed = True
            self.close_body()
            for observer in self.observers:
                observer.end(self.exchange, self.environ)

    def close_body(self) -> None:
        body, self.body = self.body, None
        try:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        except BaseException as error:  # the answer has been made; the app alone has failed
            self.exchange.error = self.exchange.error or error
            self.tell("failed when it was closed", error)

    def tell(self, what: str, error: BaseException) -> None:
        """Log what failed, so that it can be found by the id that is on the page."""
        method, exchange = self.environ.get("REQUEST_METHOD"), self.exchange
        path = f"{exchange.script}{self.environ.get('PATH_INFO', '')}"
        log.error("%s %s %s, request %s", method, path, what, exchange.request_id, exc_info=error)

"""How does an app take a connection over, and what of it is still held then?

Libraries find the socket in environ, answer 101 on it themselves and speak on (RFC 6455). The
server knows nothing of that, so nothing else may be written there afterwards.
"""

from __future__ import annotations

import _socket
import math
import os
import ssl
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    import socket

    from _typeshed.wsgi import WSGIEnvironment

SERVER_ERROR, SERVICE_RESTART = 1011, 1012
"""Why it ends: https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number"""

CLOSE_SECONDS = 3
"""How long a visitor who was told that it ends may take to say so, too."""

KEYS = ("gunicorn.socket", "werkzeug.socket")
SWITCHED = b"HTTP/1.1 101"


class Taken:
    """The socket of a connection that asks to become a websocket's, as an app gets it.

    What is sent leaves whole, one frame after the other: simple-websocket calls ``send`` once,
    and gevent's may send a part. Its end is left to the server, which looks at it once more.
    """

    def __init__(self, server: socket.socket) -> None:
        self.server = server
        self.sending = threading.Lock()  # by its module, which gevent may have patched meanwhile
        self.sent, self.switched, self.ended = 0, False, False
        self.until = math.inf

    def send(self, data: bytes, flags: int = 0) -> int:
        self.sendall(data, flags)
        return len(data)

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Send a frame, or nothing after the one that ends it (RFC 6455, section 5.5.1)."""
        with self.sending:
            if self.ended:
                return
            if not self.switched and bytes(data[: len(SWITCHED)]) == SWITCHED:
                self.switched = True
                OPEN.add(self)
            self.server.sendall(data, flags)
            self.sent += len(data)

    def close(self) -> None:
        """Let neither side say more."""
        with suppress(OSError):
            self.server.shutdown(2)

    def end(self, code: int) -> None:
        """Tell the visitor that it ends; he may come again. Waits for nobody.

        Where the app is in the middle of a frame nothing is said: that would be part of it.
        """
        if not self.switched or self.ended or not self.sending.acquire(blocking=False):
            return
        try:
            with suppress(OSError):
                at_once(self.server, struct.pack("!BBH", 0x88, 2, code))
            self.ended = True
        finally:
            self.sending.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)


OPEN: WeakSet[Taken] = WeakSet()
"""Those of this process."""


def offered(environ: WSGIEnvironment) -> Taken | None:
    """Put into environ what an app may take over; return it, None where the server has none."""
    taken = None
    for key in KEYS:
        if key in environ:
            taken = environ[key] = taken or Taken(environ[key])
    return taken


def end_all(code: int) -> None:
    """Tell all visitors with a websocket of this process that it ends.

    To be called again now and then: who does not end it himself in `CLOSE_SECONDS` is cut off.
    """
    now = time.monotonic()
    for one in list(OPEN):
        one.until = min(one.until, now + CLOSE_SECONDS)
        one.end(code)
        if now > one.until:
            one.close()


def at_once(connection: socket.socket, data: bytes) -> None:
    """Send what fits, without waiting; raises OSError where nothing does.

    gevent's sockets would let others run first, in the middle of which nothing may.
    """
    if isinstance(connection, ssl.SSLSocket):
        connection.sendall(data)
        return
    bare = _socket.socket(
        connection.family, connection.type, connection.proto, os.dup(connection.fileno())
    )
    try:
        bare.send(data, _socket.MSG_DONTWAIT)
    finally:
        bare.close()

"""How does one process serve the site to a developer? Werkzeug's server, a thread a request."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
from io import BufferedReader
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import get_input_stream

from dispatcher.boundary.exchange import KEY
from dispatcher.boundary.websocket import SERVICE_RESTART, end_all
from dispatcher.monitoring.probes import PROBE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


log = logging.getLogger(__name__)


class Handler(WSGIRequestHandler):
    """Leave it to the access log to tell of apps' answers, and end what comes in where it ends."""

    def make_environ(self) -> WSGIEnvironment:
        """Return Werkzeug's, whose input only its own requests know the end of.

        An app that reads to the end (PEP 3333, "Input and Error Streams") would wait for ever.
        """
        environ = super().make_environ()
        if not environ.get("wsgi.input_terminated"):
            environ["wsgi.input"] = BufferedReader(get_input_stream(environ))
            environ["wsgi.input_terminated"] = True
        return environ

    def version_string(self) -> str:
        """Return what the header Server says: no version, as everywhere."""
        return "dispatcher"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        """Tell of an answer that no app gave, and that nobody asked the probes for."""
        if not {KEY, PROBE} & getattr(self, "environ", {}).keys():
            log.info("%s %s", code, self.requestline)


class Server(ThreadedWSGIServer):
    """Serve on a socket that somebody else opened, until told to stop."""

    def __init__(
        self, listening: socket.socket, app: WSGIApplication, tls: ssl.SSLContext | None = None
    ) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(host, port, app, Handler, fd=listening.fileno())
        self.socket.setblocking(False)
        self.ssl_context = tls

    def get_request(self) -> tuple[socket.socket, str]:
        """Accept a connection; TLS shakes hands in its own thread, not before the next one."""
        connection, address = self.socket.accept()
        connection.setblocking(True)
        if self.ssl_context is not None:
            connection = self.ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def serve(self, line: Connection | None) -> None:
        """Serve until something comes along ``line`` or it ends, then finish what has begun."""
        self.daemon_threads = line is None
        self.timeout = 0  # what is left of a ready connection is not waited for
        with selectors.DefaultSelector() as ready:
            ready.register(self.socket, selectors.EVENT_READ)
            if line is not None:
                ready.register(line, selectors.EVENT_READ)
            while all(key.fileobj is not line for key, _ in ready.select()):
                self.handle_request()
        end_all(SERVICE_RESTART)
        self.server_close()

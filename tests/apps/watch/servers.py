"""What may be at the other end? Real servers on loopback, each with a fault of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Barrier, Event, Thread
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Target:
    """A site under watch: ``/ok``, ``/status/N``, ``/hops/N``, ``/wait`` and ``/together``."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go_on = Event()
        self.together = Barrier(12)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        kind, _, number = request.path.strip("/").partition("/")
        if kind == "status":
            return Response("x" * 100_000, status=int(number), headers={"Retry-After": "3600"})
        if kind == "hops" and int(number):
            return Response(status=302, headers={"Location": f"/hops/{int(number) - 1}"})
        if kind == "wait":
            self.go_on.wait()
        if kind == "together":
            self.together.wait()
        return Response("fine")


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None: ...


@contextmanager
def serving(app: Target) -> Iterator[str]:
    """Serve ``app`` on a free port; yields its URL without a trailing slash."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        app.go_on.set()
        app.together.abort()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hanging_up() -> Iterator[str]:
    """Yield the URL of a server that accepts and says nothing before it hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)

        thread = Thread(target=hang_up)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def closed_port() -> str:
    """Return the URL of a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

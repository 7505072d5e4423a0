"""What surrounds every app at each of its addresses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from dispatcher.cookies import Namespace
from dispatcher.exchange import KEY, Exchange, Observer
from dispatcher.logs import SERVING
from dispatcher.tenant_of import TENANT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.address import Address
    from dispatcher.site import App


class Boundary:
    """A WSGI application around ``app`` as it answers at ``address``.

    Each of the ``observers`` is told of every exchange, first when it begins, then when
    its response is closed. ``alone`` says that nothing else answers at the host.
    """

    def __init__(
        self,
        app: App,
        address: Address,
        inner: WSGIApplication,
        *,
        observers: tuple[Observer, ...] = (),
        alone: bool = False,
    ) -> None:
        self.app, self.address, self.inner = app, address, inner
        self.cookies = Namespace(app.name, alone=alone)
        self.observers = observers
        self.name, self.mount = app.name, address.host + address.path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        SERVING.set(self.name)
        exchange = Exchange(self.name, self.mount, os.urandom(16).hex(), perf_counter())
        space = self.cookies
        if TENANT in environ:
            exchange.tenant = tenant = environ[TENANT]
            space = Namespace(f"{self.name}.{tenant}", alone=space.alone)
        environ[KEY] = exchange
        for observer in self.observers:
            observer.begin(exchange, environ)
        secure = environ["wsgi.url_scheme"] == "https"
        cookies = environ.get("HTTP_COOKIE")
        if cookies is not None:
            own = space.inward(cookies, secure)
            if own:
                environ["HTTP_COOKIE"] = own
            else:
                del environ["HTTP_COOKIE"]
        mount, bare = environ.get("SCRIPT_NAME", ""), not environ.get("PATH_INFO")

        def started(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            exchange.status = int(status[:3])
            for name, _ in headers:
                if len(name) == 10 and name.lower() == "set-cookie":
                    headers = space.renamed(headers, mount, secure, bare=bare)
                    break
            return start_response(status, headers, *exc_info)

        return Answer(self.inner(environ, started), exchange, environ, self.observers)


class Answer:
    """The response of an app, whose closing the observers are told of."""

    __slots__ = ("chunks", "environ", "exchange", "observers", "response")

    def __init__(
        self,
        response: Iterable[bytes],
        exchange: Exchange,
        environ: WSGIEnvironment,
        observers: tuple[Observer, ...],
    ) -> None:
        self.response, self.chunks = response, iter(response)
        self.exchange, self.environ, self.observers = exchange, environ, observers

    def __iter__(self) -> Answer:
        return self

    def __next__(self) -> bytes:
        chunk = next(self.chunks)
        self.exchange.sent += len(chunk)
        return chunk

    def close(self) -> None:
        try:
            if hasattr(self.response, "close"):
                self.response.close()
        finally:
            for observer in self.observers:
                observer.end(self.exchange, self.environ)

"""What surrounds every app at each of its addresses."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING

from dispatcher.boundary.added import Added
from dispatcher.boundary.body import guarded
from dispatcher.boundary.cookies import Namespace
from dispatcher.boundary.downloads import Place
from dispatcher.boundary.exchange import KEY, Exchange, Observer
from dispatcher.boundary.headers import Outward
from dispatcher.boundary.request import Inward
from dispatcher.boundary.response import Answer
from dispatcher.boundary.websocket import offered
from dispatcher.downloads import FOLDER
from dispatcher.logs import SERVING
from dispatcher.settings import state
from dispatcher.tenants.resolution import TENANT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.address import Address
    from dispatcher.registry.site import App


class Boundary:
    """A WSGI application around ``app`` as it answers at ``address``.

    The app sees a request of its own, and what it raises or breaks is the end of its own
    answer alone: a page that says so, or a connection that ends too early where a part of
    the answer has left. That is true of SystemExit, too.

    ``alone`` says that nothing else answers at the host; if not, ``prefixes`` are the
    mounts there. So many ``proxies`` in front are believed. Each of the ``observers`` is
    told of every exchange, first when it begins, then when its answer is closed.
    """

    def __init__(
        self,
        app: App,
        address: Address,
        inner: WSGIApplication,
        *,
        observers: tuple[Observer, ...] = (),
        alone: bool = False,
        prefixes: tuple[str, ...] = (),
        proxies: int = 0,
    ) -> None:
        self.app, self.address, self.inner = app, address, inner
        cookies = Namespace(app.name, alone=alone, scripted=app.script_cookies)
        self.inward = Inward(cookies, proxies)
        self.place = Place(state(), app.name, proxied=proxies > 0)
        self.added = Added(app.headers)
        self.outward = Outward(
            cookies, address.path, alone=alone, prefixes=prefixes, added=self.added
        )
        self.observers = observers
        self.name, self.mount = app.name, address.host + address.path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        SERVING.set(self.name)
        inward = self.inward
        request_id = inward.request_id(environ)
        script = environ.get("SCRIPT_NAME", "")
        tenant = environ.get(TENANT, "")
        exchange = Exchange(self.name, self.mount, request_id, perf_counter(), script, tenant)
        exchange.nonce = self.added.nonce()
        environ[KEY] = exchange
        if "HTTP_UPGRADE" in environ:
            if self.app.websockets:
                exchange.taken = offered(environ)
            else:
                del environ["HTTP_UPGRADE"]
        for observer in self.observers:
            observer.begin(exchange, environ)
        place = self.place.of(tenant) if tenant else self.place
        answer = Answer(start_response, exchange, environ, self.outward, place, self.observers)
        try:
            own = inward.environ(environ, exchange)
            own[FOLDER] = place.folder
            if body := guarded(environ):
                own["wsgi.input"] = body
            return answer.of(self.inner(own, answer.start))
        except BaseException as error:  # SystemExit and GreenletExit would end the worker
            answer.fail(error)
            return answer

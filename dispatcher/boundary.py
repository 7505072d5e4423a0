"""What surrounds every app at each of its addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dispatcher.logs import SERVING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.address import Address
    from dispatcher.site import App


class Boundary:
    """A WSGI application around ``app`` as it answers at ``address``."""

    def __init__(self, app: App, address: Address, inner: WSGIApplication) -> None:
        self.app, self.address, self.inner = app, address, inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        SERVING.set(self.app.name)
        return self.inner(environ, start_response)

"""What of a request does an app know from nginx?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dispatcher.registry.variables import KEY, PREFIX

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.variables import Variable

HEADERS = "HTTP_" + PREFIX.upper().replace("-", "_")


class Told:
    """Put into environ what nginx says of a request, as ``site.NAME``, and drop its headers.

    nginx overwrites each header that is declared; one that is not is a client's own, and gone.
    So is one with underscores, which is the same to WSGI. Where ``believed`` is false no nginx
    is before the app, and each variable has its default.
    """

    def __init__(
        self, app: WSGIApplication, variables: Iterable[Variable], *, believed: bool
    ) -> None:
        self.app = app
        self.keys = tuple((f"HTTP_{key(one.told_by)}", KEY + one.name) for one in variables)
        self.defaults = {KEY + one.name: one.default for one in variables}
        self.believed = believed

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        claims = [name for name in environ if name.startswith(HEADERS)]
        if self.believed:
            for header, name in self.keys:
                environ[name] = environ.get(header, "")
        else:
            environ.update(self.defaults)
        for header in claims:
            del environ[header]
        return self.app(environ, start_response)


def key(header: str) -> str:
    return header.upper().replace("-", "_")

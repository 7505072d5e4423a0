"""Which tenant of an app a request is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.utils import redirect

from dispatcher.registry.tenancy import is_tenant
from dispatcher.routing.mounts import AMBIGUOUS, with_slash
from dispatcher.routing.paths import as_proxied, has_dot_segment, is_written_out
from dispatcher.routing.router import LABEL, UNKNOWN_PATH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.address import Address

TENANT = "dispatcher.tenant"
TOLD = "site.tenant"
"""The keys of environ that hold the name of the tenant; the second is for apps."""


def named(address: Address, inner: WSGIApplication) -> WSGIApplication:
    """Return what names the tenant to ``inner``, which answers for all tenants at ``address``."""
    return ByHost(inner) if address.host.startswith("*.") else ByPath(inner)


class ByHost:
    """The tenant is the label that the wildcard of the host stands for."""

    def __init__(self, inner: WSGIApplication) -> None:
        self.inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[TENANT] = environ[TOLD] = environ[LABEL]  # the router has found it to be a label
        return self.inner(environ, start_response)


class ByPath:
    """The tenant is the next segment of the path, and part of the mount (PEP 3333).

    What is no tenant's name is the site's 404, and so is the place above all tenants. GET and
    HEAD of ``/t/choir`` lead to ``/t/choir/``, as they do at a mount. Where a proxy might read
    another tenant in the path, the answer is 400.
    """

    def __init__(self, inner: WSGIApplication) -> None:
        self.inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        tenant, slash, rest = path[1:].partition("/")
        if path[:1] != "/" or not is_tenant(tenant):
            return UNKNOWN_PATH(environ, start_response)
        script = f"{environ.get('SCRIPT_NAME', '')}/{tenant}"
        if is_ambiguous(path, f"/{tenant}", script, environ.get("RAW_URI", "/")):
            return AMBIGUOUS(environ, start_response)
        if not slash and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            there = redirect(with_slash(script, environ.get("QUERY_STRING", "")), 308)
            return there(environ, start_response)
        environ[TENANT] = environ[TOLD] = tenant
        environ["SCRIPT_NAME"] = script
        environ["PATH_INFO"] = slash + rest
        return self.inner(environ, start_response)


def is_ambiguous(path: str, tenant: str, script: str, target: str) -> bool:
    """Whether dot segments lead out of the tenant's mount, or a slash of it is encoded."""
    if "/." in path and has_dot_segment(path) and as_proxied(path, 1) != tenant:
        return True
    return "%" in target and not is_written_out(script, target)

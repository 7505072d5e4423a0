"""Which address of an app does a link lead to, seen from a request or from none?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from werkzeug.urls import iri_to_uri

from dispatcher.boundary.exchange import KEY, Exchange
from dispatcher.boundary.redirects import as_browsed
from dispatcher.links.endpoints import LinkError
from dispatcher.registry.hosts import host_and_port
from dispatcher.registry.tenancy import address_of, is_tenant

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from dispatcher.registry.address import Address
    from dispatcher.registry.site import App, Site


@dataclass(frozen=True, slots=True)
class Came:
    """How a request came, or where the site is from outside if there is none."""

    scheme: str
    host: str = ""
    """As asked, normalised; empty without a request."""

    port: str = ""
    """With its colon; empty for the scheme's own."""

    stands_for: str = ""
    """The site's domain, where the request was for an IP address."""

    app: str = ""
    tenant: str = ""

    @classmethod
    def of(cls, site: Site, environ: WSGIEnvironment | None) -> Came:
        exchange: Exchange | None = environ.get(KEY) if environ else None
        named = host_and_port(environ.get("HTTP_HOST", "")) if environ and exchange else None
        if environ is None or exchange is None or named is None:
            return cls(site.scheme, port="" if site.port is None else f":{site.port}")
        host, port = named
        scheme = environ["wsgi.url_scheme"]
        numeric = host[0] == "[" or host.replace(".", "").isdigit()
        return cls(
            scheme,
            host,
            "" if port in (":", OWN_PORTS.get(scheme)) else port,
            site.domain if numeric else "",
            exchange.app,
            exchange.tenant,
        )

    def netloc(self, address: Address) -> str:
        """Return host and port of an address, those of the request where it is the same host."""
        same = address.host == self.stands_for
        return f"{self.host if same else address.host}{self.port}"


OWN_PORTS = {"http": ":80", "https": ":443"}


def tenant_of(app: App, values: dict[str, Any], came: Came) -> str:
    """Take the tenant that is meant out of ``values``; empty for the app without one."""
    if app.tenants is None:
        return ""
    tenant = values.pop("tenant", came.tenant if came.app == app.name else "")
    if tenant and not is_tenant(tenant):
        raise LinkError(app.name, f"{tenant!r} is no name of a tenant; write one like 'choir'")
    if not tenant and app.addresses == (app.tenants,):
        raise LinkError(app.name, "it has tenants alone; say which, as in tenant='choir'")
    return str(tenant or "")


def where(app: App, tenant: str, host: str) -> Address:
    """Return the app's address at ``host``, or else the first written."""
    if tenant and app.tenants is not None:
        return address_of(tenant, app.tenants)
    own = [address for address in app.addresses if address != app.tenants]
    return next((address for address in own if address.host == host), own[0])


def start(name: str, base: tuple[str, str, str], path: str = "/", **query: Any) -> str:
    """Return a path below the start of an app, with what else is given as the query."""
    if not path.startswith("/"):
        raise LinkError(name, f"path {path!r} must start with a slash, as in path='/page'")
    if as_browsed(path) != path:
        raise LinkError(name, f"path {path!r} is another one to browsers, {as_browsed(path)!r}")
    scheme, netloc, mount = base
    more = urlencode({key: value for key, value in query.items() if value is not None}, doseq=True)
    at = iri_to_uri(f"{scheme}://{netloc}{mount}{quote(path, safe=LETTERS)}")
    return at + (f"?{more}" if more else "")


LETTERS = "/%!$&'()*+,:;=@"
"""What may stand in a path as it is (RFC 3986, section 3.3), and what is written in it already."""

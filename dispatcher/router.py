"""Which host a request is for: the outermost of the dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from dispatcher.address import IP_LITERAL, PROBE_HOST, host_of
from dispatcher.mounts import Mounts
from dispatcher.pages import Page
from dispatcher.site import claims

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.address import Address
    from dispatcher.site import App, Site

NOT_A_HOST = Page(400, "The request does not say which host it is for.")
UNKNOWN_HOST = Page(421, "This server does not answer for that host name.")
UNKNOWN_PATH = Page(404, "There is nothing at this address.")

ELSEWHERE = Page(421, "This process does not answer for that address.")

LABEL = "dispatcher.label"
"""The key of environ that holds the label which a wildcard host stands for."""

SPELLINGS = 1024
"""How many further spellings of known hosts are remembered; a stranger cannot make it more."""


class Router:
    """Hand each request to the application of its host.

    A header that is no host name answers 400, a host that is nobody's 421 (RFC 9110,
    section 15.5.20). A host like ``*.archive.example.org`` answers for every name one label
    below it that has no entry of its own, and the label is in environ as `LABEL`.
    ``address_host`` names the host that stands in for IP addresses, where a site can be
    reached by those.
    """

    def __init__(self, hosts: Mapping[str, WSGIApplication], address_host: str = "") -> None:
        self.hosts = dict(hosts)
        self.address_host = address_host
        self.spellings = {host: app for host, app in hosts.items() if "*" not in host}
        self.room = len(hosts) + SPELLINGS

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        header = environ.get("HTTP_HOST", "")
        app = self.spellings.get(header)
        if app is None:
            app = self.find(header, environ)
        return app(environ, start_response)

    def find(self, header: str, environ: WSGIEnvironment) -> WSGIApplication:
        """Return what answers for a Host header, and remember it where the host is known.

        What a wildcard stands for is written into ``environ`` and not remembered: strangers
        can think of any number.
        """
        host = host_of(header)
        if host is None:
            return NOT_A_HOST
        if self.address_host and IP_LITERAL.fullmatch(host):
            host = self.address_host
        app = self.hosts.get(host)
        if app is None:
            environ[LABEL], _, domain = host.partition(".")
            return self.hosts.get(f"*.{domain}", UNKNOWN_HOST)
        if len(self.spellings) < self.room:
            self.spellings[header] = app
        return app


def route(
    site: Site,
    at: Callable[[App, Address], WSGIApplication],
    *,
    probes: WSGIApplication | None = None,
    by_address: bool = False,
) -> Router:
    """Return the router of ``site``; ``at`` gives what answers for an app at an address.

    With ``by_address`` the site's own domain answers to IP addresses too.
    """
    mounts: dict[str, dict[str, WSGIApplication]] = {host: {} for host in site.hosts}
    for app, address in claims(site.apps):
        mounts[address.host][address.path] = at(app, address)
    hosts = {host: on_host(prefixes) for host, prefixes in mounts.items()}
    if probes is not None:
        hosts[PROBE_HOST] = probes
    return Router(hosts, site.domain if by_address else "")


def on_host(prefixes: Mapping[str, WSGIApplication]) -> WSGIApplication:
    mounts = dict(prefixes)
    root = mounts.pop("", UNKNOWN_PATH)
    return Mounts(root, mounts) if mounts else root

"""Which host a request is for: the outermost of the dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dispatcher.address import LOCAL_DOMAIN, PROBE_HOST
from dispatcher.hosts import HOST_LABEL, host_and_port, is_address
from dispatcher.mounts import Mounts, direct
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

ROOM = 1024
"""How many spellings of known hosts with a port are remembered; strangers can think of more."""


class Wildcard(NamedTuple):
    """What answers below a domain."""

    app: WSGIApplication

    exact: frozenset[str]
    """The labels below it that have a host of their own."""


def labels_below(domain: str, hosts: Iterable[str]) -> frozenset[str]:
    return frozenset(
        host.removesuffix(f".{domain}") for host in hosts if host.endswith(f".{domain}")
    )


class Router:
    """Hand each request to the application of its host.

    A header that is no host name answers 400, a host that is nobody's 421 (RFC 9110,
    section 15.5.20). A host like ``*.archive.example.org`` answers for every name one label
    below it that has no entry of its own, and the label is in environ as `LABEL`.
    ``address_host`` names the host that stands in for IP addresses, where a site can be
    reached by those. Applications see the normal spelling of a host, whatever was sent.
    """

    def __init__(self, hosts: Mapping[str, WSGIApplication], address_host: str = "") -> None:
        self.hosts = {host: direct(app) for host, app in hosts.items()}
        self.address_host = address_host
        self.headers = {host: app for host, app in self.hosts.items() if "*" not in host}
        self.wildcards = {
            host[2:]: Wildcard(app, labels_below(host[2:], hosts))
            for host, app in self.hosts.items()
            if host.startswith("*.")
        }
        self.below = dict(self.wildcards)
        self.room = len(hosts) + ROOM

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self.headers.get(environ.get("HTTP_HOST", ""))
        if app is None:
            app = self.below_wildcard(environ) or self.find(environ)
        return app(environ, start_response)

    def below_wildcard(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """Return the app of a wildcard whose domain is spelled as it was once before."""
        label, _, rest = environ.get("HTTP_HOST", "").partition(".")
        wildcard = self.below.get(rest)
        if wildcard is None or label in wildcard.exact or not HOST_LABEL.fullmatch(label):
            return None
        environ[LABEL] = label
        return wildcard.app

    def find(self, environ: WSGIEnvironment) -> WSGIApplication:
        """Return what answers for a host, read with all care, and remember known ones.

        What a wildcard stands for is not remembered, only its domain: strangers can think
        of any number of names.
        """
        read = host_and_port(environ.get("HTTP_HOST", ""))
        if read is None:
            return NOT_A_HOST
        host, port = read
        label, _, domain = host.partition(".")
        environ["HTTP_HOST"] = host + port
        has_room = len(self.headers) + len(self.below) < self.room
        if app := self.hosts.get(host):
            if has_room:
                self.headers[host + port] = app
            return app
        if wildcard := self.wildcards.get(domain):
            environ[LABEL] = label
            if has_room:
                self.below[domain + port] = wildcard
            return wildcard.app
        return self.hosts.get(self.address_host if is_address(host) else "", UNKNOWN_HOST)


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
        if site.domain == LOCAL_DOMAIN and f"*.{LOCAL_DOMAIN}" not in hosts:
            # For a browser, and unless an app is there; nobody but this machine has the name.
            hosts.setdefault(f"dispatcher.{LOCAL_DOMAIN}", probes)
    return Router(hosts, site.domain if by_address else "")


def on_host(prefixes: Mapping[str, WSGIApplication]) -> WSGIApplication:
    mounts = dict(prefixes)
    return Mounts(mounts.pop("", UNKNOWN_PATH), mounts)

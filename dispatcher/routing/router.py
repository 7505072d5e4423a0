"""Which host a request is for: the outermost of the dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dispatcher.registry.address import LOCAL_DOMAIN, PROBE_HOST
from dispatcher.registry.hosts import HOST_LABEL, host_and_port, is_address
from dispatcher.registry.site import claims
from dispatcher.routing.mounts import LONG, Mounts, direct
from dispatcher.routing.pages import Page
from dispatcher.routing.paths import has_dot_segment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.address import Address
    from dispatcher.registry.site import App, Site
    from dispatcher.routing.mounts import Table

UNKNOWN_PATH = Page(404, "There is nothing at this address.")

ELSEWHERE = Page(421, "This process does not answer for that address.")

LABEL = "dispatcher.label"
"""The key of environ that holds the label which a wildcard host stands for."""

ROOM = 1024
"""How many spellings of known hosts with a port are remembered, and how many plain paths of
mounts. Strangers can think of more, but what is asked for often comes early."""

SHORT = 128
"""Characters of a path that is remembered; to hash a long one takes longer than to read it."""


class Wildcard(NamedTuple):
    """What answers below a domain."""

    table: Table

    exact: frozenset[str]
    """The labels below it that have a host of their own."""


def labels_below(domain: str, hosts: Iterable[str]) -> frozenset[str]:
    below = (host for host in hosts if host.endswith(f".{domain}"))
    return frozenset(host.removesuffix(f".{domain}") for host in below)


class Router:
    """Hand each request to the application of its host, and of its path where that is plain.

    A header that is no host name answers 400, a host that is nobody's 421 (RFC 9110,
    section 15.5.20). A host like ``*.archive.example.org`` answers for every name one label
    below it that has no entry of its own, and the label is in environ as `LABEL`.
    ``address_host`` names the host that stands in for IP addresses, where a site can be
    reached by those. Applications see the normal spelling of a host, whatever was sent.
    """

    def __init__(self, hosts: Mapping[str, WSGIApplication], address_host: str = "") -> None:
        self.hosts = {host: table_of(app) for host, app in hosts.items()}
        self.address_host = address_host
        self.headers = {host: table for host, table in self.hosts.items() if "*" not in host}
        self.wildcards = {
            host[2:]: Wildcard(table, labels_below(host[2:], hosts))
            for host, table in self.hosts.items()
            if host.startswith("*.")
        }
        self.below = dict(self.wildcards)
        self.room, self.room_for_paths = len(hosts) + ROOM, ROOM

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what is plain to read, at once; leave all else to those that read with care."""
        try:
            firsts, known, root, app = self.headers[environ["HTTP_HOST"]]
        except KeyError:
            firsts, known, root, app = self.below_wildcard(environ) or self.find(environ)
        try:
            path: str = environ["PATH_INFO"]
            target = environ["RAW_URI"]
            if "%" in target and not target.startswith(f"{path}?"):
                pass
            elif len(path) < SHORT and path in known:
                mount, rest, there = known[path]
                environ["SCRIPT_NAME"] += mount
                environ["PATH_INFO"] = rest
                app = there
            else:
                head = path if len(path) <= LONG else path[:LONG]
                parts = head.split("/", 2)
                found = firsts.get(parts[1])
                if parts[0] or (
                    "." in path
                    and (head is not path or "/." in path)  # in a long one that costs too much
                    and has_dot_segment(path)
                ):
                    pass
                elif found is None:
                    if (parts[1] or path == "/") and "SCRIPT_NAME" in environ:
                        app = root
                elif found[0]:
                    rest = "/" + parts[2] if head is path else path[len(found[0]) :]
                    environ["SCRIPT_NAME"] += found[0]
                    environ["PATH_INFO"] = rest
                    app = found[1]
                    if self.room_for_paths and len(path) < SHORT:
                        self.room_for_paths -= 1
                        known[path] = found[0], rest, app
        except (KeyError, IndexError):  # PEP 3333: what is empty may be left out
            pass
        return app(environ, start_response)

    def below_wildcard(self, environ: WSGIEnvironment) -> Table | None:
        """Return the table of a wildcard whose domain is spelled as it was once before."""
        label, _, rest = environ.get("HTTP_HOST", "").partition(".")
        wildcard = self.below.get(rest)
        if wildcard is None or label in wildcard.exact:
            return None
        # Most labels need no regular expression, which takes as long as all the rest.
        simple = len(label) < 64 and label.isalnum() and label.isascii() and label.islower()
        if not simple and not HOST_LABEL.fullmatch(label):
            return None
        environ[LABEL] = label
        return wildcard.table

    def find(self, environ: WSGIEnvironment) -> Table:
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
        if table := self.hosts.get(host):
            if has_room:
                self.headers[host + port] = table
            return table
        if wildcard := self.wildcards.get(domain):
            environ[LABEL] = label
            if has_room:
                self.below[domain + port] = wildcard
            return wildcard.table
        return self.hosts.get(self.address_host if is_address(host) else "", UNKNOWN_HOST)


def table_of(app: WSGIApplication) -> Table:
    return app.table() if isinstance(app, Mounts) else ({}, {}, direct(app), direct(app))


NOT_A_HOST = table_of(Page(400, "The request does not say which host it is for."))
UNKNOWN_HOST = table_of(Page(421, "This server does not answer for that host name."))


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
        if host := probe_host_here(site):
            hosts[host] = probes
    return Router(hosts, site.domain if by_address else "")


def probe_host_here(site: Site) -> str:
    """Return where a browser on a developer's machine finds the probes, "" where apps have it."""
    below = f"dispatcher.{LOCAL_DOMAIN}"
    taken = site.domain != LOCAL_DOMAIN or {below, f"*.{LOCAL_DOMAIN}"} & set(site.hosts)
    return "" if taken else below


def on_host(prefixes: Mapping[str, WSGIApplication]) -> WSGIApplication:
    mounts = dict(prefixes)
    return Mounts(mounts.pop("", UNKNOWN_PATH), mounts)

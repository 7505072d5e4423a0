"""Where is the site while it listens at an address of this machine?"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_address

from werkzeug.serving import get_interface_ip

from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.registry.tenancy import shown
from dispatcher.routing.router import probe_host_here


def rows(site: Site, apps: Iterable[App], host: str) -> Iterator[tuple[str, str]]:
    """Yield each app's name and links while the site listens at ``host``.

    The name stands before its first link only.
    """
    outside = reached(host)
    for app in apps:
        name = app.name
        for address in app.addresses:
            for link in links(site, shown(app, address), host, outside):
                yield name, link
                name = ""


def links(site: Site, address: Address, host: str, outside: str) -> Iterator[str]:
    """Yield how to get to ``address``: by its name here, by ``outside`` from other machines.

    Only the site's own domain answers to IP addresses. Other names lead to the one who
    asks, unless that machine is told otherwise.
    """
    by_name = f"{site.url(address)}/"
    if not outside or is_any(host):
        yield by_name
    if outside and address.host == site.domain:
        yield f"{site.url(replace(address, host=outside))}/"
    elif outside and not is_any(host):
        yield f"{by_name} where that name is known to be {host}"


def status(site: Site, host: str) -> str:
    """Return the address of the status page, "" where this machine cannot get there by name."""
    below = probe_host_here(site)
    here = not reached(host) or is_any(host)
    return f"{site.url(Address(below))}/status" if below and here else ""


def reached(host: str) -> str:
    """Return the IP address that other machines reach ``host`` by, as in a URL, or ""."""
    if is_any(host):
        host = get_interface_ip(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        ip = ip_address(host)
    except ValueError:
        return "" if host == "localhost" else host
    if ip.is_loopback:
        return ""
    return f"[{ip}]" if ip.version == 6 else str(ip)


def is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::")  # noqa: S104 - what the person chose

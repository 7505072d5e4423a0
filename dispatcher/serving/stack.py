"""What a request passes through: router, mounts, boundary, app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dispatcher.boundary.middleware import Boundary
from dispatcher.routing.router import ELSEWHERE, Router, route
from dispatcher.serving.apps import instance
from dispatcher.tenants.resolution import named

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from dispatcher.boundary.exchange import Observer
    from dispatcher.registry.address import Address
    from dispatcher.registry.site import App, Site


def stack(
    site: Site,
    apps: Mapping[str, WSGIApplication],
    *,
    probes: WSGIApplication | None = None,
    by_address: bool = False,
    elsewhere: WSGIApplication = ELSEWHERE,
    observers: tuple[Observer, ...] = (),
    proxies: int = 0,
) -> Router:
    """Return the site over those of its apps that this process runs, by instance.

    `Boundary` says what ``observers`` and ``proxies`` are; ``elsewhere`` answers for the
    apps of other processes.
    """

    def at(app: App, address: Address) -> WSGIApplication:
        here = apps.get(instance(app, address))
        if here is None:
            return elsewhere
        by_path = address == app.tenants and not address.host.startswith("*.")
        mounts = site.mounts(address.host)
        bounded = Boundary(
            app,
            address,
            here,
            observers=observers,
            alone=len(mounts) == 1 and not address.path and not by_path,
            prefixes=tuple(path for path in mounts if path),
            proxies=proxies,
        )
        return named(address, bounded) if address == app.tenants else bounded

    return route(site, at, probes=probes, by_address=by_address)

"""Which apps a process makes, and what their placeholders stand for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatcher.address import Address
from dispatcher.async_views import accommodate
from dispatcher.contained import Contained
from dispatcher.loader import load
from dispatcher.site import App, Site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def contain(site: Site, apps: Iterable[App], **how: Any) -> dict[str, Contained]:
    """Return ``apps`` by name, none loaded yet; one with ``each_mount`` is there for each address.

    What else is given goes to each `Contained`.
    """
    return {
        instance(app, address): Contained(
            app, load=partial(ready, values=values(site, app, address)), **how
        )
        for app in apps
        for address in (app.addresses if app.each_mount else app.addresses[:1])
    }


def ready(app: App, values: Mapping[str, Callable[[], str]]) -> WSGIApplication:
    """Return the app, loaded and made to fit the server that it runs in."""
    return accommodate(load(app, values))


def instance(app: App, address: Address) -> str:
    """Name what answers for ``app`` at ``address``, as in ``wiki at wiki.example.org/``."""
    return f"{app.name} at {address}" if app.each_mount and len(app.addresses) > 1 else app.name


def values(site: Site, app: App, address: Address) -> Mapping[str, Callable[[], str]]:
    """Return what each of `dispatcher.placeholders.KNOWN` stands for."""
    return {
        "prefix": lambda: address.path,
        "host": lambda: address.host,
        "url": lambda: site.url(address),
        "state": lambda: state(app),
    }


def state(app: App) -> str:
    """Make the folder of an app's data, below the pool's, and return its path."""
    pool = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]  # systemd may name several
    folder = Path(pool or "instance").absolute() / app.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)

"""Which apps a process makes, and what their placeholders stand for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from dispatcher import settings
from dispatcher.keys import own
from dispatcher.keys.file import located
from dispatcher.keys.private import PrivateError
from dispatcher.links.urls import Links
from dispatcher.loading.async_views import accommodate
from dispatcher.loading.contained import Contained
from dispatcher.loading.flask_config import complete
from dispatcher.loading.importing import LoadError, load
from dispatcher.registry.address import Address
from dispatcher.registry.given import secrets_named
from dispatcher.registry.placeholders import OWN
from dispatcher.registry.site import App, Site
from dispatcher.routing.router import UNKNOWN_PATH
from dispatcher.tenants.hooks import hooks_of
from dispatcher.tenants.instances import Tenants

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


Finish = Callable[[App, Any], None]
"""What is done to an app once it is loaded."""


def as_it_is(app: App, made: Any) -> None:
    """Do nothing more to an app."""


def contain(
    site: Site, apps: Iterable[App], *, finish: Finish = as_it_is, **how: Any
) -> dict[str, Contained]:
    """Return ``apps`` by name, none loaded yet; one with ``each_mount`` is there for each address.

    ``finish`` is done to each app that is loaded; what else is given goes to each `Contained`.
    """
    made: dict[str, Contained] = {}
    links = Links.here = Links(site, made)
    make = partial(ready, links=links, finish=finish)
    for app in apps:
        for address in app.addresses if app.each_mount else app.addresses[:1]:
            loaded = loading(site, app, address, make, how)
            made[instance(app, address)] = Contained(app, load=loaded, **how)
    return made


def ready(
    app: App,
    site: Site,
    address: Address,
    links: Links | None = None,
    finish: Finish = as_it_is,
    **more: object,
) -> WSGIApplication:
    """Return the app, loaded and made to fit its site and the server that it runs in."""
    links = links or Links(site)
    name = app.name.partition(".")[0]  # of a tenant's app, too
    with links.loading(name):
        made = load(app, values(site, app, address), **more)
    complete(made, site, app, address, partial(secrets, site, app))
    links.enter(made, name)
    finish(app, made)
    return accommodate(made)


def loading(
    site: Site,
    app: App,
    address: Address,
    make: Callable[..., WSGIApplication],
    how: Mapping[str, Any],
) -> Callable[[App], WSGIApplication]:
    """Return what makes ``app`` for ``address``, or for all it has, tenants too."""
    if app.tenants is None or (app.each_mount and address != app.tenants):
        return partial(make, site=site, address=address)

    def contained(app: App, load: Callable[[App], WSGIApplication]) -> Contained:
        return Contained(app, load=load, **how)

    def one(app: App, tenant: str) -> WSGIApplication:
        return make(app, site, app.addresses[0], tenant=tenant)

    def tenants(app: App) -> WSGIApplication:
        hooks = hooks_of(app, values(site, app, address))
        alone = address == app.tenants
        plain = UNKNOWN_PATH if alone else make(app, site, address)
        return Tenants(app, hooks, contained, one, plain=plain)

    return tenants


def instance(app: App, address: Address) -> str:
    """Name what answers for ``app`` at ``address``, as in ``wiki at wiki.example.org/``."""
    return f"{app.name} at {address}" if app.each_mount and len(app.addresses) > 1 else app.name


def values(site: Site, app: App, address: Address) -> Mapping[str, Callable[[], str]]:
    """Return what each of `dispatcher.registry.placeholders.KNOWN` stands for."""
    named = {f"{OWN}{name}": partial(own_secret, site, app, name) for name in secrets_named(app)}
    return {
        **named,
        "prefix": lambda: address.path,
        "host": lambda: address.host,
        "url": lambda: site.url(address),
        "state": lambda: state(app),
        "secret": lambda: secrets(site, app)[0],
    }


def secrets(site: Site, app: App) -> tuple[str, ...]:
    """Return the app's secrets, the one to sign with first; raises `LoadError`."""
    try:
        keys = located(site.file, os.environ).read()
    except PrivateError as error:
        raise LoadError(app, str(error)) from None
    return keys.secrets(site.name, app.name)


def own_secret(site: Site, app: App, name: str) -> str:
    """Return what a person set for the app; raises `LoadError` saying how, where nobody did."""
    file = own.located(site.file, os.environ)
    try:
        return file.of(app.name.partition(".")[0], name)  # a tenant's app is called wiki.ada
    except (PrivateError, LookupError) as error:
        raise LoadError(
            app, str(error.args[0] if isinstance(error, LookupError) else error)
        ) from None


def state(app: App) -> str:
    """Make the folder of an app's data, below the pool's, and return its path."""
    folder = settings.state() / app.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)

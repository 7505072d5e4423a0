"""What is at hand in a shell of one app?

``python -m dispatcher.jobs.shell APP [TENANT]`` is that of a server, where `within` runs it.
"""

from __future__ import annotations

import code
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dispatcher.errors import DispatcherError
from dispatcher.links import site_url
from dispatcher.loading.importing import LoadError, blamed
from dispatcher.logs import SERVING
from dispatcher.registry.tenancy import for_tenant
from dispatcher.serving.apps import ready, values
from dispatcher.settings import Settings
from dispatcher.tenants.hooks import hooks_of

if TYPE_CHECKING:
    from dispatcher.registry.site import App, Site


@contextmanager
def inside(site: Site, app: App, tenant: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Make ``app`` as the site does; give what it is, in words, and the names at hand.

    A Flask app is inside a request for its first page, so that ``url_for`` works. Raises
    `LoadError`.
    """
    SERVING.set(app.name)
    more: dict[str, Any] = {}
    if app.addresses[0] == app.tenants and not tenant:
        raise LoadError(app, "it has tenants alone; say which, as in --tenant choir")
    if tenant and app.tenants is not None:
        hooks = hooks_of(app, values(site, app, app.tenants))
        with blamed(app):
            there = hooks.exists(tenant)
        if not there:
            raise LoadError(app, f"its tenant_exists says that there is no tenant {tenant!r}")
        app, more = for_tenant(app, tenant), {"tenant": tenant}
    address = app.addresses[0]
    made: Any = ready(app, site, address, **more)
    where = f"{site.url(address)}/"
    if not hasattr(made, "test_request_context"):
        yield f"app is {app.target}", {"app": made}
        return
    with made.test_request_context(base_url=where):
        names = {"site_url": site_url, **made.make_shell_context()}
        yield f"app is {app.target} as at {where}", names


def interact(banner: str, names: Mapping[str, Any]) -> None:
    """Run a Python shell until it is left: IPython's where that is installed."""
    with suppress(ImportError):
        ipython: Any = importlib.import_module("IPython")
        print(banner)  # noqa: T201
        ipython.start_ipython(argv=["--no-banner"], user_ns=dict(names))
        return
    local = dict(names)
    with suppress(ImportError):  # not on every system
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(local).complete)
        readline.parse_and_bind("tab: complete")
    first = f"Python {sys.version.split()[0]}; {banner}"
    code.interact(first, local=local, exitmsg="")


def main(name: str, tenant: str = "") -> None:
    """Open one as the processes of a pool have the app; the variables are theirs."""
    site = Settings.of(os.environ).read()
    app = site.app(name)
    if tenant and app.tenants is None:
        raise LoadError(app, "it has no tenants")
    with inside(site, app, tenant) as (banner, names):
        interact(banner, names)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (DispatcherError, LoadError) as error:
        sys.exit(f"Error: {error}")

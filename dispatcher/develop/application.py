"""The whole site on a developer's machine, as one WSGI application."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from dispatcher.develop.debugger import Debugged
from dispatcher.loading.contained import Contained
from dispatcher.loading.startup import load_behind
from dispatcher.monitoring.access_log import AccessLog
from dispatcher.monitoring.board import Board
from dispatcher.monitoring.metrics import Counts, count_loads
from dispatcher.monitoring.probes import Probes
from dispatcher.registry.address import LOCAL_DOMAIN
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site_toml import load
from dispatcher.routing.pages import Page
from dispatcher.serving.apps import contain
from dispatcher.serving.stack import stack
from dispatcher.serving.told import Told

if TYPE_CHECKING:
    import socket

    from _typeshed.wsgi import WSGIApplication

    from dispatcher.registry.site import Site

LOADING = "loading apps"
"""The name of the thread that does."""

RETRY_SECONDS = 1
"""An app that is out is tried again soon: what it lacks may be nothing that is watched."""

Then = Callable[["Site"], object]
Keep = Callable[[Board], object]


def site_here(path: Path, environment: str, port: int, *, tls: bool = False) -> Site:
    """Return the site as it is reached here: at ``localhost``, whatever the registry says."""
    site = load(path, environment, LOCAL_DOMAIN)
    return replace(site, scheme="https" if tls else "http", port=port)


def application(
    read: Callable[[], Site],
    *,
    then: Then,
    keep: Keep = lambda _: None,
    only: Collection[str] = (),
) -> WSGIApplication:
    """Return the site as `local` does, for debugging, or a page that says why there is none.

    ``read`` returns the site or raises `RegistryError`; ``then`` is told the site when its
    apps are loaded, ``keep`` where errors that are logged are to be noted for the status page.
    """
    try:
        return local(read(), debug=True, then=then, keep=keep, only=only)
    except RegistryError as error:
        print(f"{error}\nServing this message until the file is mended.", file=sys.stderr)  # noqa: T201
        return Page(503, "The registry has faults; this page goes when they do.", detail=str(error))


def local(
    site: Site,
    *,
    debug: bool,
    then: Then = lambda _: None,
    keep: Keep = lambda _: None,
    only: Collection[str] = (),
) -> WSGIApplication:
    """Return the site's router, its apps loading meanwhile: a broken one is told at once.

    Where there are names in ``only``, the apps of other names are neither made nor served.
    """
    made = [app for app in site if not only or app.name in only]
    board = Board(app.name for app in made)
    board.take(board.reserve())
    keep(board)
    apps = contain(site, made, show_traceback=debug, retry_seconds=RETRY_SECONDS)
    count_loads(apps.values(), board)
    Thread(target=load_then, args=(apps.values(), site, then), name=LOADING, daemon=True).start()
    here: Mapping[str, WSGIApplication] = apps
    if debug:
        here = {name: Debugged(app) for name, app in apps.items()}
    message = f"This address is not served in this run, which is of {', '.join(only)} alone."
    whole: WSGIApplication = stack(
        site,
        here,
        probes=Probes(site, apps, board),
        by_address=True,
        elsewhere=Page(421, message),
        observers=(Counts(board), AccessLog("text")),
    )
    if not site.nginx.variables:
        return whole
    return Told(whole, site.nginx.variables, believed=False)


def load_then(apps: Iterable[Contained], site: Site, then: Then) -> None:
    load_behind(apps)
    then(site)


def gunicorn(
    path: Path, environment: str, listening: socket.socket, certificate: Path | None
) -> None:
    """Become gunicorn, serving the site as in production, without nginx."""
    listening.set_inheritable(True)
    bind = f"fd://{listening.fileno()}"
    port = listening.getsockname()[1]
    folders = [str(path.resolve().parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {
        **os.environ,
        "DISPATCHER_SITE": str(path),
        "DISPATCHER_ENV": environment,
        "DISPATCHER_DOMAIN": LOCAL_DOMAIN,
        "DISPATCHER_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(folders),
    }
    words = ["-m", "gunicorn", "--config", "python:dispatcher.gunicorn", "--bind", bind]
    if certificate is not None:
        words += ["--certfile", str(certificate), "--keyfile", str(certificate)]
    os.execve(sys.executable, [sys.executable, *words], environ)  # noqa: S606 - no shell wanted

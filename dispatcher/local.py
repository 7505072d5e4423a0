"""The whole site on a developer's machine: Werkzeug's server, with reload and debugger."""

from __future__ import annotations

import errno
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import is_running_from_reloader, run_simple

from dispatcher.address import LOCAL_DOMAIN
from dispatcher.contained import load_all
from dispatcher.faults import DispatcherError, RegistryError
from dispatcher.instances import contain
from dispatcher.pages import Page
from dispatcher.registry import load
from dispatcher.router import UNKNOWN_PATH
from dispatcher.stack import stack

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from dispatcher.site import Site

LOADING = "loading apps"
"""The name of the thread that does."""

RETRY_SECONDS = 1
"""An app whose file was missing is tried again soon: the reloader watches no file to come."""


class PortError(DispatcherError):
    """Nothing can listen there."""

    def __init__(self, host: str, port: int, reason: str, advice: str) -> None:
        super().__init__(host, port, reason, advice)
        self.host, self.port, self.reason, self.advice = host, port, reason, advice

    def __str__(self) -> str:
        return f"cannot listen on {self.host} port {self.port}: {self.reason}; {self.advice}"


def run(path: Path, environment: str, host: str, port: int, *, debug: bool) -> None:
    """Serve until interrupted. Locally the domain is ``localhost`` whatever the registry says."""
    serves = is_running_from_reloader() or not debug  # else a child of this process will
    run_simple(
        host,
        port,
        application(path, environment, debug=debug, port=port) if serves else UNKNOWN_PATH,
        use_reloader=debug,
        reloader_type="stat",  # the other one watches all of Python and loses events
        use_debugger=debug,
        extra_files=[str(path)],
        threaded=True,
    )


def application(
    path: Path, environment: str, *, debug: bool, port: int | None = None
) -> WSGIApplication:
    """Return the site; where the registry broke while it ran, a page that says how."""
    try:
        site = load(path, environment, LOCAL_DOMAIN)
        return local(replace(site, port=port), debug=debug)
    except RegistryError as error:
        if not is_running_from_reloader():
            raise
        print(f"{error}\nServing this message until the file is mended.", file=sys.stderr)  # noqa: T201
        return Page(503, "The registry has faults; this page goes when they do.", detail=str(error))


def local(site: Site, *, debug: bool) -> WSGIApplication:
    """Return the site's router, its apps loading meanwhile: a broken one is told at once."""
    apps = contain(site, site, show_traceback=debug, retry_seconds=RETRY_SECONDS)
    Thread(target=load_all, args=(apps.values(),), name=LOADING, daemon=True).start()
    return stack(site, apps, by_address=True)


def check_port(host: str, port: int) -> None:
    """Raise `PortError` where nothing can listen at ``host`` and ``port``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortError(host, port, *explained(error)) from None


def explained(error: OSError) -> tuple[str, str]:
    """Return in words why a port cannot be had, and what to do about it."""
    if isinstance(error, socket.gaierror):
        return "there is no such address", "take another with --host"
    match error.errno:
        case errno.EADDRINUSE:
            return "it is in use", "stop what uses it, or take another with --port"
        case errno.EACCES:
            return "that needs root", "take one above 1023 with --port"
        case _:
            return str(error.strerror or error).lower(), "take another with --host"


def gunicorn(path: Path, environment: str, host: str, port: int) -> None:
    """Become gunicorn, serving the site as in production, without nginx."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
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
    os.execve(sys.executable, [sys.executable, *words], environ)  # noqa: S606 - no shell wanted

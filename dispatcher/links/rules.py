"""Which rules has an app, in this process or in another pool's?"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.routing import Map

from dispatcher.links.endpoints import Exported, LinkError, imported
from dispatcher.loading.flask_config import flask_of
from dispatcher.loading.importing import LoadError
from dispatcher.tenants.instances import Tenants

if TYPE_CHECKING:
    from dispatcher.loading.contained import Contained
    from dispatcher.registry.site import App

PATIENCE_SECONDS = 20
RETRY_SECONDS = 30

ROOM = 64
"""So many failures are remembered."""

ASKED = "DISPATCHER_ENDPOINTS"
"""Set in the environment of a process that tells an app's rules, so that it asks for none."""

log = logging.getLogger(__name__)


class OutError(LinkError):
    """The app does not load, so nobody can say which endpoints it has."""


def rules_here(app: Contained, name: str, tenant: str) -> Map:
    """Return the rules of an app of this process; raises `OutError`, `LinkError`."""
    loaded: Any = app.load()
    if isinstance(loaded, Tenants):
        try:
            loaded = loaded.example(tenant)
        except LoadError as error:
            raise OutError(name, str(error)) from None
        if loaded is None:
            raise OutError(name, f"there is no tenant {tenant!r} to ask for its endpoints")
    if app.error is not None:
        raise OutError(name, str(app.error))
    return map_of(loaded, name)


def map_of(loaded: Any, name: str) -> Map:
    flask = flask_of(loaded)
    if flask is None:
        raise LinkError(name, NO_ENDPOINTS)
    return flask.url_map


NO_ENDPOINTS = "it is no Flask app and has no endpoints; write a path, as in path='/page'"


class Rules:
    """The rules of apps that run elsewhere.

    Importing such an app here would cost the memory, and run the code, that its pool is there
    to keep apart. So another process imports it once, tells its rules and ends; they are kept.
    """

    def __init__(self, ask: Callable[[str, str], list[Exported] | None] | None = None) -> None:
        """``ask`` gets an app's name and tenant, and raises `OutError`."""
        self.ask = ask or asked
        self.known: dict[str, Map] = {}
        self.out: dict[tuple[str, str], tuple[float, OutError]] = {}
        self._lock = Lock()

    def of(self, app: App, tenant: str) -> Map:
        """Return the rules; raises `OutError` and, for what is no Flask app, `LinkError`."""
        rules = self.known.get(app.name)
        return rules if rules is not None else self.learned(app.name, tenant)

    def learned(self, name: str, tenant: str) -> Map:
        with self._lock:
            if name in self.known:
                return self.known[name]
            failed_at, error = self.out.get((name, tenant), (0.0, None))
            if error is not None and time.monotonic() - failed_at < RETRY_SECONDS:
                raise error
            try:
                told = self.ask(name, tenant)
            except OutError as error:
                if len(self.out) >= ROOM:  # names of tenants may come from strangers
                    self.out.clear()
                self.out[name, tenant] = time.monotonic(), error
                log.warning("%s", error)
                raise
            if told is None:
                raise LinkError(name, NO_ENDPOINTS)
            self.known[name] = imported(told)
            return self.known[name]


def asked(name: str, tenant: str) -> list[Exported] | None:
    """Import the app in a process of its own and return its rules, None for no Flask app."""
    if os.environ.get(ASKED):
        raise OutError(name, "its endpoints are not known while another app tells its own")
    words = [sys.executable, "-m", "dispatcher", "endpoints", name, "--json"]
    with tempfile.TemporaryDirectory() as state:
        environ = {**os.environ, ASKED: "1", "STATE_DIRECTORY": state}
        try:
            done = subprocess.run(
                [*words, *(["--tenant", tenant] if tenant else [])],
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=True,
            )
            told: list[Exported] | None = json.loads(done.stdout)
            return told
        except subprocess.TimeoutExpired:
            reason = f"its endpoints could not be asked for within {PATIENCE_SECONDS} s"
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip() or f"exit {error.returncode}").splitlines()[-1]
            for said in ("Error: ", f"site_url({name!r}): "):
                last = last.removeprefix(said)
            reason = f"its endpoints could not be asked for: {last}"
        except (OSError, ValueError) as error:
            reason = f"its endpoints could not be asked for: {error}"
    raise OutError(name, reason)

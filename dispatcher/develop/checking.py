"""Load every app as its pool would, to say what is wrong before visitors do.

Each pool is a process of its own here, too: apps that cannot share one do not disturb each
other, and one that ends its process is told from those that only come after it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from logging.config import dictConfig
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

from dispatcher.cli import prepare
from dispatcher.loading.attempt import Attempt, attempt, failure
from dispatcher.loading.importing import LoadError
from dispatcher.loading.side_effects import Effect
from dispatcher.logs import SERVING, config
from dispatcher.registry.site_toml import load
from dispatcher.serving.apps import contain

if TYPE_CHECKING:
    from dispatcher.loading.contained import Contained


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of loading one app."""

    name: str
    target: str
    pool: str
    fault: str | None = None
    traceback: str = ""
    seconds: float = 0.0
    side_effects: tuple[Effect, ...] = ()
    """What it changed for all apps of its pool."""


def checked(path: Path, environment: str) -> Iterator[Checked]:
    """Yield what came of each app, pool by pool; all pools load at once. Raises `RegistryError`."""
    site = load(path, environment)
    pools = {app.pool: [one for one in site if one.pool == app.pool] for app in site}
    started = [
        (contain(site, apps), *begin(path, environment, pool)) for pool, apps in pools.items()
    ]
    for apps, process, results in started:
        yield from received(apps, process, results)


def begin(path: Path, environment: str, pool: str) -> tuple[SpawnProcess, Connection]:
    processes = get_context("spawn")
    results, sender = processes.Pipe(duplex=False)
    process = processes.Process(
        target=check_pool, args=(path, environment, pool, sender), daemon=True
    )
    process.start()
    sender.close()
    return process, results


def received(
    apps: Mapping[str, Contained], process: SpawnProcess, results: Connection
) -> Iterator[Checked]:
    """Yield the results; where they end too early, the next app is to blame."""
    left = dict(apps)
    with suppress(EOFError):
        while left and results in wait([results, process.sentinel]):
            result: Checked = results.recv()
            del left[result.name]
            yield result
    process.join()
    culprit = ""
    for name, one in left.items():
        reason = f"{culprit} ended the process of their pool before"
        if not culprit:
            culprit, reason = name, f"it ended the process ({ending(process.exitcode)})"
        yield Checked(name, one.app.target, one.app.pool, str(LoadError(one.app, reason)))


def ending(code: int | None) -> str:
    """Say how a process ended.

    >>> ending(3), ending(-11)
    ('exit status 3', 'SIGSEGV')
    """
    return f"exit status {code}" if code is None or code >= 0 else signal.Signals(-code).name


def check_pool(path: Path, environment: str, pool: str, results: Connection) -> None:
    """Load the apps of one pool and send what came of each, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.dup2(2, 1)  # what apps print is not what the command says
    dictConfig(config("text"))
    prepare(path)
    site = load(path, environment)
    for name, contained in contain(site, [app for app in site if app.pool == pool]).items():
        SERVING.set(contained.app.name)
        results.send(came_of(name, contained))
    os._exit(0)  # whatever threads there are


def came_of(name: str, contained: Contained) -> Checked:
    app = contained.app
    try:
        came = attempt(app, contained.load_app, app.load_seconds)
    except BaseException as error:
        came = Attempt(None, failure(app, error), [], 0)
    return Checked(
        name,
        app.target,
        app.pool,
        fault=str(came.error) if came.error else None,
        traceback=came.error.traceback if came.error else "",
        seconds=round(came.seconds, 3),
        side_effects=tuple(came.effects),
    )

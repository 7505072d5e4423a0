"""Load the apps of a process when it starts."""

from __future__ import annotations

import time
from collections.abc import Iterable

from dispatcher.loading.contained import Contained

START_SECONDS = 60
"""How long all apps together may take; systemd gives a pool 90 s to start (TimeoutStartSec)."""


def load_eager(apps: Iterable[Contained], seconds: float = START_SECONDS) -> None:
    """Load here all that are not lazy; those for which no time is left come with a request."""
    deadline = time.monotonic() + seconds
    for app in eager(apps):
        if (left := deadline - time.monotonic()) > 0:
            app.load_here(left)


def load_behind(apps: Iterable[Contained]) -> None:
    """Load one after the other, while a server runs; one that hangs does not hold up the rest."""
    for app in eager(apps):
        app.load()


def eager(apps: Iterable[Contained]) -> Iterable[Contained]:
    return (app for app in apps if not app.app.lazy)

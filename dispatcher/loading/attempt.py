"""One attempt to load an app: what came of it, also for all others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatcher.loading.blame import of_app, told
from dispatcher.loading.importing import LoadError
from dispatcher.loading.side_effects import Effect, watched
from dispatcher.loading.timeout import TooSlow, limited

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from dispatcher.registry.site import App


@dataclass(frozen=True, slots=True)
class Attempt:
    """Either ``made`` or ``error`` is there."""

    made: WSGIApplication | None
    error: LoadError | None
    effects: list[Effect]
    seconds: float


def attempt(app: App, load: Callable[[App], WSGIApplication], seconds: float) -> Attempt:
    """Load ``app`` within ``seconds``, and undo what it did to the others as far as that is safe.

    Passes on what even `load` does not turn into a `LoadError`, such as KeyboardInterrupt.
    """
    started = time.monotonic()
    made, error = None, None
    with watched(app) as effects:
        try:
            with limited(seconds):
                made = load(app)
        except LoadError as refused:
            error = refused
        except TooSlow as slow:
            error = failure(app, slow)
    return Attempt(made, error, effects, time.monotonic() - started)


def failure(app: App, error: BaseException) -> LoadError:
    failed = LoadError(app, told(error))
    failed.__cause__ = of_app(error)
    return failed

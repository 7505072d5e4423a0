"""Whether the apps of a process are ready, as each says itself."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Thread
from typing import TYPE_CHECKING, Any

from dispatcher.loading.blame import told
from dispatcher.loading.flask_module import flask_module
from dispatcher.loading.importing import LoadError, attribute_of
from dispatcher.logs import SERVING

if TYPE_CHECKING:
    from dispatcher.loading.contained import Contained
    from dispatcher.registry.site import App

SECONDS = 2.0
"""How long all checks together may take: whoever asks for readiness does not wait for ever."""


class Readiness:
    """Ask each app that has a check, ``ready`` in its table of site.toml, once it is loaded.

    A check takes nothing; in a Flask app's it finds the app as ``current_app``. It says that
    the app is not ready by raising, by returning False, or a text that says why. One that
    has not come back is not asked again meanwhile.
    """

    def __init__(self, apps: Mapping[str, Contained], seconds: float = SECONDS) -> None:
        self.apps, self.seconds = apps, seconds
        self.running: dict[str, Check] = {}

    def faults(self) -> dict[str, str | None]:
        """Return each app's fault, None for one that is ready. Loads those not loaded."""
        for name, app in self.apps.items():
            if app.fault or not app.app.lazy:
                app.load()
            check = self.running.get(name)
            if app.app.ready and not app.fault and (check is None or not check.is_alive()):
                self.running[name] = Check(app)
                self.running[name].start()
        end = time.monotonic() + self.seconds
        return {name: self.fault(name, app, end) for name, app in self.apps.items()}

    def fault(self, name: str, app: Contained, end: float) -> str | None:
        if app.fault:
            return app.fault
        check = self.running.get(name)
        if check is None:
            return None
        check.join(max(0.0, end - time.monotonic()))
        if check.is_alive():
            return f"{name}: {app.app.ready} does not come back; it has {self.seconds:g} s"
        return f"{name}: {check.fault}" if check.fault else None


class Check(Thread):
    """One call of an app's check."""

    fault: str | None = None

    def __init__(self, contained: Contained) -> None:
        super().__init__(name=f"check of {contained.app.name}", daemon=True)
        self.contained = contained

    def run(self) -> None:
        app = self.contained.app
        SERVING.set(app.name)
        try:
            check = found(app)
            with context_of(self.contained.load()):
                self.fault = said(app, check())
        except LoadError as error:
            self.fault = error.reason
        except (Exception, SystemExit) as error:
            self.fault = f"{app.ready} raised {told(error)}"


def found(app: App) -> Callable[[], Any]:
    """Import the check; raises `LoadError`, or what the import raises."""
    module, _, attribute = app.ready.partition(":")
    return attribute_of(app, importlib.import_module(module), attribute)  # type: ignore[no-any-return]


def context_of(made: Any) -> AbstractContextManager[Any]:
    flask = flask_module()
    of_flask = flask is not None and isinstance(made, flask.Flask)
    return made.app_context() if of_flask else nullcontext()


def said(app: App, answer: Any) -> str | None:
    """Return what is wrong, by what a check returned."""
    if answer is None or answer is True:
        return None
    return answer if isinstance(answer, str) else f"{app.ready} returned {answer!r}"

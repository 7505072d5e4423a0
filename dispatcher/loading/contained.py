"""One app among others: loaded on its own, and failing on its own."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from dispatcher.loading.attempt import attempt, failure
from dispatcher.loading.backoff import Backoff
from dispatcher.loading.importing import LoadError, load
from dispatcher.loading.side_effects import Effect, told_of
from dispatcher.loading.timeout import TooSlow
from dispatcher.logs import SERVING
from dispatcher.routing.pages import Page

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.site import App

PATIENCE_SECONDS = 10
"""How long a visitor waits for an app that is being loaded."""

RETRY_SECONDS = 1
LONGEST_SECONDS = 300
"""An app that failed is tried again after the first of these, then twice as long, up to this."""

log = logging.getLogger(__name__)


class Contained:
    """A WSGI application that loads its app once, when first asked.

    Where that fails or takes long, it answers 503 and the other apps never notice; it is
    tried again when a request comes after a while, which doubles with each failure. Once
    the app is loaded a request takes no lock.
    """

    def __init__(
        self,
        app: App,
        *,
        load: Callable[[App], WSGIApplication] = load,
        show_traceback: bool = False,
        patience_seconds: float = PATIENCE_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Where ``show_traceback``, the traceback of a failure is on the page, else in the log."""
        self.app, self.load_app = app, load
        self.error: LoadError | None = None
        self.show_traceback = show_traceback
        self.patience_seconds = patience_seconds
        self.backoff = Backoff(retry_seconds, LONGEST_SECONDS, clock)
        self._effects: list[Effect] = []
        self._loaded: WSGIApplication | None = None
        self._patient_until = 0.0
        self._loading: Event | None = None  # set when the thread that loads is done
        self._lock = Lock()  # held for moments, never while the app's own code runs

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        loaded = self._loaded
        if loaded is None:
            loaded = self.load()
        return loaded(environ, start_response)

    @property
    def fault(self) -> str | None:
        """Why the app cannot answer now; None where it can, or was not asked to yet."""
        return str(self.error) if self.error else None

    @property
    def made(self) -> WSGIApplication | None:
        """The app, if it is loaded."""
        return self._loaded

    @property
    def loaded(self) -> bool:
        return self._loaded is not None

    @property
    def asleep(self) -> bool:
        """Whether nobody has asked for the app yet, and so nobody knows whether it loads."""
        return self._loaded is None and self.error is None

    def load(self) -> WSGIApplication:
        """Return the app, loaded now if it is not yet, or the page that says it is out.

        It is loaded in a thread of its own. Whoever comes meanwhile waits for it too, up to
        ``patience_seconds`` from its start, but not for the retry of one that failed.
        """
        with self._lock:
            if self._loaded is not None or self.backoff.left > 0:
                done = None
            elif self._loading is None:
                done = self._loading = Event()
                self._patient_until = time.monotonic() + self.patience_seconds
                name = f"loading {self.app.name}"
                Thread(target=self._run, args=(done,), name=name, daemon=True).start()
            else:
                done = None if self.error else self._loading
        if done and not done.wait(max(0.0, self._patient_until - time.monotonic())):
            self._told_slow(done)
        return self._loaded if self._loaded is not None else self.page()

    def load_here(self, seconds: float) -> None:
        """Load in this thread, before there are requests; interrupt it after ``seconds``.

        So nothing of an app that hangs is left when the process forks.
        """
        self._try(min(seconds, self.app.load_seconds))

    def forget(self) -> None:
        """Let go of an app that nobody asks any more, so that it waits for no garbage collector."""
        self._loaded = None

    def page(self) -> Page:
        """Return the answer while the app is out."""
        error = self.error
        shown = error if self.show_traceback else None
        wait = self.patience_seconds if self._loading else self.backoff.left
        return Page(
            503,
            "This part of the site cannot be shown at the moment. The others work.",
            detail=f"{shown}\n\n{shown.traceback}" if shown else "",
            retry_after=math.ceil(min(max(wait, 1), LONGEST_SECONDS)),
        )

    def _run(self, done: Event) -> None:
        try:
            self._try(self.app.load_seconds)
        except BaseException as error:  # or nobody would ever hear of it
            self._failed(failure(self.app, error))
        finally:
            self._loading = None
            done.set()

    def _try(self, seconds: float) -> None:
        token = SERVING.set(self.app.name)
        try:
            came = attempt(self.app, self.load_app, seconds)
            if came.error:
                self._failed(came.error)
            else:
                self._loaded, self.error = came.made, None
            self._tell_effects(came.effects)
        finally:
            SERVING.reset(token)

    def _failed(self, error: LoadError) -> None:
        slow = error.__cause__
        # In a greenlet it would hold up all others again, in a thread it cannot be stopped.
        self.backoff.failed(for_good=isinstance(slow, TooSlow) and not slow.waited)
        self._tell(error)

    def _told_slow(self, done: Event) -> None:
        with self._lock:
            if self._loading is done:
                self._tell(LoadError(self.app, f"it takes over {self.patience_seconds:g} s"))

    def _tell(self, error: LoadError) -> None:
        known = self.error is not None and str(self.error) == str(error)
        self.error = error
        if not known:
            log.error("%s", error, exc_info=None if self.show_traceback else error.__cause__)

    def _tell_effects(self, effects: list[Effect]) -> None:
        known, self._effects = self._effects, effects
        if effects and effects != known:
            log.warning("%s", told_of(self.app, effects))

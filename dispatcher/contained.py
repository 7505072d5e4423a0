"""One app among others: loaded on its own, and failing on its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING

from dispatcher.loader import LoadError, load
from dispatcher.logs import SERVING
from dispatcher.pages import Page

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.site import App

RETRY_SECONDS = 30

log = logging.getLogger(__name__)


class Contained:
    """A WSGI application that loads its app once, when first asked.

    Where that fails, it answers 503 and the other apps never notice; it is tried again
    when a request comes after ``retry_seconds``. Once the app is loaded a request takes
    no lock.
    """

    def __init__(
        self,
        app: App,
        *,
        load: Callable[[App], WSGIApplication] = load,
        show_traceback: bool = False,
        retry_seconds: float = RETRY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Where ``show_traceback``, the traceback of a failure is on the page, else in the log."""
        self.app, self.load_app = app, load
        self.error: LoadError | None = None
        self.show_traceback, self.retry_seconds, self.clock = show_traceback, retry_seconds, clock
        self._loaded: WSGIApplication | None = None
        self._failed_at = 0.0
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        loaded = self._loaded
        if loaded is None:
            loaded = self.load()
        return loaded(environ, start_response)

    def load(self) -> WSGIApplication:
        """Return the app, loaded now if it is not yet, or the page that says it is out.

        Whoever comes while another loads waits for that one's result, but not for a retry.
        """
        if self._loaded is None and not self._out() and self._lock.acquire(self.error is None):
            try:
                if self._loaded is None and not self._out():
                    self._try()
            finally:
                self._lock.release()
        return self._loaded if self._loaded is not None else self.page()

    def page(self) -> Page:
        """Return the answer while the app is out."""
        error = self.error
        shown = error if self.show_traceback else None
        return Page(
            503,
            "This part of the site cannot be shown at the moment. The others work.",
            detail=f"{shown}\n\n{shown.traceback}" if shown else "",
            retry_after=max(1, round(self.retry_seconds)),
        )

    def _out(self) -> bool:
        """Whether it failed too recently to be tried again."""
        return self.error is not None and self.clock() - self._failed_at < self.retry_seconds

    def _try(self) -> None:
        token = SERVING.set(self.app.name)
        try:
            self._loaded = self.load_app(self.app)
            self.error = None
        except LoadError as error:
            known = self.error is not None and str(self.error) == str(error)
            self.error, self._failed_at = error, self.clock()
            if not known:
                log.error("%s", error, exc_info=None if self.show_traceback else error.__cause__)
        finally:
            SERVING.reset(token)


def load_all(apps: Iterable[Contained]) -> None:
    """Load those that are not left to their first request."""
    for app in apps:
        if not app.app.lazy:
            app.load()

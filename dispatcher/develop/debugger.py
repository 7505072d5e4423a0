"""What does an app's error look like to its developer? A page to look around in."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication, get_pin_and_cookie_name

from dispatcher.boundary.exchange import KEY
from dispatcher.loading.blame import of_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PIN = "WERKZEUG_DEBUG_PIN"

log = logging.getLogger(__name__)


class Debugged(DebuggedApplication):
    """Werkzeug's debugger around one app; the others have their own.

    Commands work at localhost and below it alone, after the PIN: from other machines the
    page is only to be read.
    """

    def __init__(self, app: WSGIApplication) -> None:
        app = Told(app)
        # The PIN is not told at each reload, and /console is the app's own.
        super().__init__(app, evalex=True, pin_logging=False, console_path="")
        self.pin_logging = True  # ... but when the page asks for it


class Told:
    """Log what an app raises, so that its lines have the app's name and the status page has it."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        body = None
        try:
            body = self.app(environ, start_response)
            yield from body
        except Exception as error:
            __traceback_hide__ = True  # noqa: F841 - Werkzeug asks for it by this name
            log.error("%s %s failed", environ.get("REQUEST_METHOD"), path, exc_info=of_app(error))
            environ["wsgi.errors"] = io.StringIO()  # there the debugger would tell it again
            if exchange := environ.get(KEY):  # its page has scripts that no app's policy knows
                exchange.bare = True
            raise
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()


def pin() -> str:
    """Return the PIN of all debuggers of this machine, "off" where the variable says so."""
    if PIN not in os.environ:
        os.environ[PIN] = get_pin_and_cookie_name(pin)[0] or "off"  # type: ignore[arg-type]
    return os.environ[PIN]

"""What does an app's error look like to its developer? A page to look around in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication, get_pin_and_cookie_name

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PIN = "WERKZEUG_DEBUG_PIN"


class Debugged(DebuggedApplication):
    """Werkzeug's debugger around one app; the others have their own.

    Commands work at localhost and below it alone, after the PIN: from other machines the
    page is only to be read.
    """

    def __init__(self, app: WSGIApplication) -> None:
        # The PIN is not told at each reload, and /console is the app's own.
        super().__init__(app, evalex=True, pin_logging=False, console_path="")
        self.pin_logging = True  # ... but when the page asks for it


def pin() -> str:
    """Return the PIN of all debuggers of this machine, "off" where the variable says so."""
    if PIN not in os.environ:
        os.environ[PIN] = get_pin_and_cookie_name(pin)[0] or "off"  # type: ignore[arg-type]
    return os.environ[PIN]

"""How a line of the log looks: it begins with the name of the app it is about."""

import logging
import re
from contextvars import ContextVar
from typing import Any

OWN = "dispatcher"
"""Stands where a line is about no app."""

SERVING: ContextVar[str] = ContextVar("serving", default=OWN)
"""The name of the app that serves the current request."""

CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


class ByApp(logging.Formatter):
    r"""Put the app before each line, so that one app's lines can be found, tracebacks whole.

    What a stranger sends can neither start a line of its own nor move the cursor.

    >>> record = logging.LogRecord("x", logging.ERROR, "", 0, "first\nsecond \x1b", (), None)
    >>> print(ByApp().format(record))
    dispatcher ERROR first
    dispatcher ERROR second \x1b
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record with ``APP LEVEL`` before each of its lines."""
        start = f"{SERVING.get()} {record.levelname}"
        lines = super().format(record).splitlines() or [""]
        return "\n".join(f"{start} {CONTROLS.sub(escaped, line)}" for line in lines)


def escaped(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"


CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"by_app": {"()": "dispatcher.logs.ByApp"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "by_app"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        name: {"level": "INFO", "propagate": True, "handlers": []}
        for name in ("gunicorn.error", "gunicorn.access")
    },
}
"""For `logging.config.dictConfig`; the journal adds the time."""

"""How a line of the log looks: it begins with the name of the app it is about."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

    from dispatcher.boundary.exchange import Exchange

OWN = "dispatcher"
"""Stands where a line is about no app."""

SERVING: ContextVar[str] = ContextVar("serving", default=OWN)
"""The name of the app that serves the current request."""

EXCHANGE: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""The current request, where it is logged."""

CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


class ByApp(logging.Formatter):
    r"""For a terminal: put the app before each line, tracebacks whole.

    What a stranger sends can neither start a line of its own nor move the cursor.

    >>> from contextvars import Context
    >>> record = logging.LogRecord("x", logging.ERROR, "", 0, "first\nsecond \x1b", (), None)
    >>> print(Context().run(ByApp().format, record))
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


def by_fields() -> logging.Formatter:
    """For a journal: a JSON object a line, in ASCII, the app first.

    It has ``app``, ``level``, ``event``, in a request ``request_id`` and ``tenant``,
    ``logger``, and ``exception`` where there is one.
    """
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            about,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ]
    )


def about(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say of a record which app and request it is about."""
    record, exchange = event["_record"], EXCHANGE.get()
    fields = {"app": SERVING.get(), "level": record.levelname.lower(), "event": event["event"]}
    if exchange is not None:
        fields["request_id"] = exchange.request_id
        if exchange.tenant:
            fields["tenant"] = exchange.tenant
    return {**fields, "logger": record.name, **event}


FORMS = {"text": ByApp, "json": by_fields}
"""How lines may look, as ``DISPATCHER_LOG`` says."""


def config(form: str, *more: Any) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes; the journal adds the time.

    ``more`` are handlers. Lines go to the process's own stderr: sys.stderr may stand for
    what apps print (`dispatcher.monitoring.printed`).
    """
    others = {f"more{number}": {"()": lambda it=it: it} for number, it in enumerate(more)}
    stderr = {
        "class": "logging.StreamHandler",
        "stream": "ext://sys.__stderr__",
        "formatter": "line",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMS[form]}},
        "handlers": {"stderr": stderr, **others},
        "root": {"level": "INFO", "handlers": ["stderr", *others]},
        "loggers": {
            name: {"level": "INFO", "propagate": True, "handlers": []}
            for name in ("gunicorn.error", "gunicorn.access")
        },
    }

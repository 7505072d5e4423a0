"""The status page: the apps of one pool, its workers, and what went wrong lately."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, Template
from werkzeug import Request, Response

from dispatcher.monitoring import board as cells
from dispatcher.monitoring.board import BUCKET, STATUS, Board
from dispatcher.monitoring.memory import pss
from dispatcher.registry.headers import of_page

if TYPE_CHECKING:
    from dispatcher.loading.contained import Contained
    from dispatcher.monitoring.readiness import Readiness
    from dispatcher.registry.site import Site

SHOWN = 20
"""How many of the last errors."""


@cache
def template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(lasting=lasting, mib=mib, at=at, count=count)
    return environment.from_string(source())


@cache
def source() -> str:
    return Path(__file__).with_name("status_page.html").read_text("utf-8")


class Overview:
    """Everything that one asks first when something is wrong, on one page or as JSON."""

    def __init__(
        self,
        site: Site,
        apps: Mapping[str, Contained],
        board: Board,
        readiness: Readiness,
        *,
        pool: str,
        release: str,
    ) -> None:
        self.site, self.apps, self.board, self.readiness = site, apps, board, readiness
        self.pool, self.release = pool, release

    def response(self, request: Request) -> Response:
        kinds = ["text/html", "application/json"]
        kind = request.accept_mimetypes.best_match(kinds, "text/html")
        told = self.told()
        # Tracebacks hold what strangers sent: whatever of it gets by, nothing is run or fetched.
        html = kind == "text/html"
        text = template().render(told, now=time.time()) if html else json.dumps(told) + "\n"
        return Response(text, mimetype=kind, headers={"Vary": "Accept", **of_page(source())})

    def told(self) -> dict[str, Any]:
        """Return what the page shows, as plain values. Times are in seconds since 1970."""
        faults, totals = self.readiness.faults(), self.board.totals()
        workers = [
            {"pid": pid, "started": started, "pss_bytes": pss(pid)}
            for pid, started in self.board.workers()
        ]
        return {
            "site": self.site.name,
            "environment": self.site.environment,
            "pool": self.pool,
            "release": self.release,
            "started": self.board.started,
            "ready": not any(faults.values()),
            "workers": workers,
            "apps": [
                self.app(name, app, faults[name], totals.get(app.app.name))
                for name, app in self.apps.items()
            ],
            "errors": self.board.notes()[:SHOWN],
        }

    def app(
        self, name: str, contained: Contained, fault: str | None, row: list[float] | None
    ) -> dict[str, Any]:
        app, error = contained.app, contained.error
        row = row or [0.0] * cells.ROW
        requests = sum(row[BUCKET:])
        return {
            "name": name,
            "target": app.target,
            "pool": app.pool,
            "addresses": [self.site.url(address) + "/" for address in app.addresses],
            "state": "out" if fault else "asleep" if contained.asleep else "ready",
            "fault": fault,
            "traceback": error.traceback if error else "",
            "requests": int(requests),
            "in_flight": int(row[cells.IN_FLIGHT]),
            "errors": int(row[cells.ERRORS]),
            "statuses": {f"{n}xx": int(row[STATUS + n]) for n in range(1, 6) if row[STATUS + n]},
            "mean_seconds": row[cells.SECONDS] / requests if requests else None,
            "loads": int(row[cells.LOADS]),
        }


def lasting(seconds: float) -> str:
    """Return a duration as people say it, in its largest two units.

    >>> lasting(93.5), lasting(7260), lasting(200_000), lasting(0.0123)
    ('1 min 33 s', '2 h 1 min', '2 d 7 h', '12 ms')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    rest, parts = int(seconds), []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        many, rest = divmod(rest, size)
        if many:
            parts.append(f"{many} {unit}")
    return " ".join(parts[:2])


def mib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**20:.0f} MiB"


def count(number: int) -> str:
    return f"{number:,}"


def at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")

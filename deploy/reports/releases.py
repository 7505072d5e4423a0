"""Which releases each server has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.reports.tables import Rows, show
from deploy.server.look import State


def rows(found: Mapping[str, State]) -> Rows:
    """Return a row a release and server, newest first."""
    return [
        {
            "server": server,
            "release": release.id,
            "version": release.version,
            "commit": release.commit,
            "installed": release.installed,
            "by": release.by,
            "live": release.id == state.live,
            "running": release.id in state.running(),
        }
        for server, state in found.items()
        for release in sorted(state.installed.values(), key=lambda r: r.installed, reverse=True)
    ]


def table(rows: Rows) -> None:
    def line(row: dict[str, Any]) -> tuple[str, ...]:
        now = "live" if row["live"] else "warm" if row["running"] else ""
        return (row["server"], row["release"], now, row["version"], row["installed"], row["by"])

    show(("server", "release", "", "version", "installed", "by"), [line(row) for row in rows])

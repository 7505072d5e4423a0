"""What is closed for maintenance on each server."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.reports.tables import Rows, show
from deploy.server.look import State


def rows(found: Mapping[str, State]) -> Rows:
    """Return a row for each closure of each server; ``app`` is empty where all are closed."""
    return [
        {"server": name, **closure.model_dump(mode="json")}
        for name, state in found.items()
        for closure in state.closed
    ]


def table(rows: Rows) -> None:
    if not rows:
        print("Nothing is closed.")
        return
    columns = ("server", "closed", "since", "by", "let through")
    lines = [
        (
            row["server"],
            row["app"] or "all apps",
            row["since"],
            row["by"],
            ", ".join(row["allow"]) or "-",
        )
        for row in rows
    ]
    show(columns, lines)

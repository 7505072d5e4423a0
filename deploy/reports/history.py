"""What was done on each server."""

from __future__ import annotations

from deploy.reports.tables import Rows, show


def table(rows: Rows) -> None:
    """Print what was done on each server, and where its history was tampered with."""
    lines = [
        (
            row["server"],
            one["began"],
            one["title"],
            one["by"],
            f"{one['seconds']:.1f} s",
            one["how"],
        )
        for row in rows
        for one in row["records"]
    ]
    show(("server", "began", "what", "by", "took", "how"), lines)
    for row in rows:
        if row["broken"]:
            print(f"{row['server']}: the history was tampered with, from line {row['broken']} on")

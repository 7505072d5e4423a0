"""What certificate each host has on each server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deploy.checks.https import of_host
from deploy.reports.tables import Rows, show
from deploy.server.look import State


def rows(found: Mapping[str, State], now: datetime) -> Rows:
    """Return a row for each host of each server's live release; times in UTC, ISO 8601.

    ``level`` and ``says`` are as in `fab status`, ``days`` whole days to the certificate's end, and
    None where it is a placeholder.
    """
    made = []
    for server, state in found.items():
        live, told = state.installed.get(state.live or ""), (state.tls or {}).get("hosts", {})
        for host in live.tls if live else ():
            one = told.get(host) or {}
            real = bool(one) and not one["placeholder"]
            finding = of_host(host, told.get(host), now)
            made.append(
                {
                    "server": server,
                    "host": host,
                    "issuer": one.get("issuer", "") if real else "",
                    "begins": one["begins"] if real else None,
                    "ends": one["ends"] if real else None,
                    "days": (datetime.fromisoformat(one["ends"]) - now).days if real else None,
                    "fault": one.get("fault", ""),
                    "again": one.get("again", ""),
                    "level": finding.level,
                    "says": finding.says,
                }
            )
    return made


def table(rows: Rows) -> None:
    if not rows:
        print("No host has a certificate here: see docs/https.md.")
        return
    lines = [
        (
            row["server"],
            row["host"],
            "-" if row["days"] is None else str(row["days"]),
            (row["ends"] or "-")[:10],
            row["issuer"] or "a placeholder",
            row["level"],
        )
        for row in rows
    ]
    show(("server", "host", "days left", "until", "issued by", "is"), lines)
    for row in rows:
        if row["level"] != "ok":
            print(f"{row['server']}: {row['says']}")

"""How a deployment ended: each server, its release before and after, and what took how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deploy.fleet.spent import PHASES, Spent, phases
from deploy.reports.tables import Rows, show


def rows(servers: Iterable[str], spent: Mapping[str, Spent], after: str) -> Rows:
    """Return a row a server; one that was ready before has no seconds."""
    there = phases(spent)

    def row(name: str) -> dict[str, Any]:
        one = spent.get(name)
        took = {phase: round(one.seconds.get(phase, 0.0), 3) for phase in there} if one else {}
        before = one.before or None if one else after
        return {"server": name, "before": before, "after": after, "seconds": took}

    return [row(name) for name in servers]


def table(rows: Rows) -> None:
    """Print the rows, the seconds in columns."""
    there = [phase for phase in PHASES if any(phase in row["seconds"] for row in rows)]

    def line(row: dict[str, Any]) -> tuple[str, ...]:
        took = row["seconds"]
        same = row["before"] == row["after"]
        return (
            row["server"],
            row["before"] or "-",
            "the same" if same else row["after"],
            *(f"{took[phase]:.2f} s" if took else "-" for phase in there),
        )

    names = (PHASES[phase] for phase in there)
    show(("server", "before", "after", *names), [line(row) for row in rows])

"""What was checked on each server, and what to do where it is not well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from deploy.checks.finding import Seen, findings
from deploy.checks.fleet import alike
from deploy.checks.lists import EVERYTHING
from deploy.errors import DeployError
from deploy.reports.findings import COLOURS, say, show, worst
from deploy.reports.status import ALIKE, lost
from deploy.reports.tables import Rows


def rows(found: Mapping[str, Seen | DeployError]) -> Rows:
    """Return a row a server with all findings, and one without a name for what is about all."""
    each = [
        {"server": name, "findings": lost(name, one)["findings"]}
        if isinstance(one, DeployError)
        else {"server": name, "findings": [asdict(said) for said in findings(EVERYTHING, one)]}
        for name, one in found.items()
    ]
    common = alike([one for one in found.values() if isinstance(one, Seen)])
    said = [{**asdict(one), "check": ALIKE} for one in common]
    return [*each, *([{"server": None, "findings": said}] if said else [])]


def table(rows: Rows) -> None:
    for row in rows:
        level = worst(row["findings"])
        say(f"{row['server'] or 'all servers'}  {level}", level, COLOURS[level])
        for one in row["findings"]:
            show(one)

"""What was found on the servers, as rows of plain data and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deploy import plans
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.look import State
from deploy.machine import Machine
from deploy.ssh import Remote
from dispatcher.site import Site, claims

Rows = list[dict[str, Any]]


def addresses(site: Site) -> str:
    return "  ".join(f"http://{address}" for _, address in claims(site.apps))


def status(at: Layout, site: Site, found: Mapping[Remote, State]) -> Rows:
    """Return a row a server."""
    rows = []
    for machine, state in found.items():
        live = plans.live(state)
        pools = {pool.name: running(at, state, pool.name) for pool in live.pools} if live else {}
        rows.append(
            {
                "server": machine.name,
                "release": live.id if live else None,
                "version": live.version if live else None,
                "since": live.installed if live else None,
                "by": live.by if live else None,
                "pools": pools,
                "nginx": state.units.get("nginx.service", {}).get("ActiveState", "not installed"),
                "warm": sorted(state.running() - {state.live}),
                "free_bytes": state.free_bytes,
                "faults": faults(at, site, state),
            }
        )
    return rows


def running(at: Layout, state: State, pool: str) -> dict[str, Any]:
    unit = state.units.get(at.unit(state.live or "", pool, "service"), {})
    memory = unit.get("MemoryCurrent", "")
    return {
        "state": unit.get("ActiveState", "not there"),
        "restarts": int(unit.get("NRestarts") or 0),
        "memory_bytes": int(memory) if memory.isdecimal() else None,
    }


def faults(at: Layout, site: Site, state: State) -> list[str]:
    """Return what is not as it should be, in words."""
    found = []
    live = plans.live(state)
    if live is None:
        found.append("no release is live; run: fab deploy")
    for pool in live.pools if live else ():
        now = running(at, state, pool.name)["state"]
        if now != "active":
            found.append(f"pool {pool.name} is {now}; see: fab logs")
    if state.units.get("nginx.service", {}).get("ActiveState") != "active":
        found.append("nginx does not run; run: fab bootstrap")
    try:
        plans.refuse_unfit(state)
    except PlanError as error:
        found.append(str(error))
    missing = {pool.name for pool in site.pools if site.of_pool(pool.name)} - {
        pool.name for pool in (live.pools if live else ())
    }
    if live and missing:
        found.append(f"site.toml has pools that are not deployed: {', '.join(sorted(missing))}")
    return found


def status_table(rows: Rows) -> None:
    columns = ("server", "release", "version", "pools", "nginx", "free", "installed")
    show(columns, [status_row(row) for row in rows])
    for row in rows:
        for fault in row["faults"]:
            print(f"{row['server']}: {fault}")


def status_row(row: dict[str, Any]) -> tuple[str, ...]:
    pools = ", ".join(f"{name} {pool['state']}" for name, pool in row["pools"].items())
    since = f"{row['since']} by {row['by']}" if row["since"] else "-"
    free = f"{row['free_bytes'] / 1e9:.1f} GB"
    release, version = row["release"] or "-", row["version"] or "-"
    return (row["server"], release, version, pools or "-", row["nginx"], free, since)


def releases(found: Mapping[Remote, State]) -> Rows:
    """Return a row a release and server, newest first."""
    return [
        {
            "server": machine.name,
            "release": release.id,
            "version": release.version,
            "commit": release.commit,
            "installed": release.installed,
            "by": release.by,
            "live": release.id == state.live,
            "running": release.id in state.running(),
        }
        for machine, state in found.items()
        for release in sorted(state.installed.values(), key=lambda r: r.installed, reverse=True)
    ]


def releases_table(rows: Rows) -> None:
    def line(row: dict[str, Any]) -> tuple[str, ...]:
        now = "live" if row["live"] else "warm" if row["running"] else ""
        return (row["server"], row["release"], now, row["version"], row["installed"], row["by"])

    show(("server", "release", "", "version", "installed", "by"), [line(row) for row in rows])


def journal(site: Site, app: str, lines: int, follow: bool) -> tuple[str, ...]:
    """Return the command that shows an app's lines; raises `PlanError` for one not there."""
    try:
        pool = site.app(app).pool
    except LookupError as error:
        raise PlanError(str(error.args[0])) from None
    unit = f"{Layout(site.name).user(pool)}@*.service"
    words = ("journalctl", "--no-pager", "--output", "short-iso", "--unit", unit)
    limit = ("--lines", str(lines), "--grep", f"^{app} ", "--case-sensitive=yes")
    return (*words, *limit, *(("--follow",) if follow else ()))


def line(machine: Machine, text: str) -> None:
    print(f"{machine.name}  {text}", flush=True)


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, whole however narrow the terminal: what is shown can be copied."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("   ".join(cells).rstrip())

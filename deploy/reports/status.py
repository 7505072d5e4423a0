"""How each server is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy import jobs, plans
from deploy.errors import DeployError, PlanError, ReachError
from deploy.fitness import refuse_unfit
from deploy.layout import Layout
from deploy.look import State
from deploy.release import parts
from deploy.reports.tables import Rows, show
from dispatcher.registry.site import Site


def rows(site: Site, found: Mapping[str, State | DeployError]) -> Rows:
    """Return a row a server, also for one that could not be looked at."""
    at = Layout(site.name)
    return [
        lost(name, state) if isinstance(state, DeployError) else known(name, at, site, state)
        for name, state in found.items()
    ]


def known(name: str, at: Layout, site: Site, state: State) -> dict[str, Any]:
    live = state.installed.get(state.live or "")
    pools = {pool.name: running(at, state, pool.name) for pool in live.pools} if live else {}
    return {
        "server": name,
        "release": state.live,
        "version": live.version if live else None,
        "since": live.installed if live else None,
        "by": live.by if live else None,
        "pools": pools,
        "nginx": state.units.get("nginx.service", {}).get("ActiveState", "not installed"),
        "warm": sorted(state.running() - {state.live}),
        "free_bytes": state.free_bytes,
        "faults": faults(at, site, state),
    }


def lost(name: str, error: DeployError) -> dict[str, Any]:
    unknown = dict.fromkeys(("release", "version", "since", "by", "nginx", "free_bytes"))
    reason = error.reason if isinstance(error, ReachError) else str(error)
    return {"server": name, **unknown, "pools": {}, "warm": [], "faults": [reason]}


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
    try:
        live = plans.live(state)
        refuse_unfit(at, site, state)
    except PlanError as error:
        found.append(str(error))
        live = state.installed.get(state.live or "")
    if state.live is None:
        found.append("no release is live; run: fab deploy")
    if state.publishing:
        found.append("a deployment was interrupted; run it again")
    for pool in live.pools if live else ():
        now = running(at, state, pool.name)["state"]
        if now != "active":
            found.append(f"pool {pool.name} is {now}; see: fab logs")
    for unit in jobs.beside(at, live, state, None) if live else ():
        if unit not in state.active():
            found.append(f"{unit} does not run; see: fab logs APP --jobs")
    if "nginx.service" not in state.active():
        found.append("nginx does not run; run: fab bootstrap")
    missing = {part.name for part in parts(site)} - {p.name for p in (live.pools if live else ())}
    if live and missing:
        found.append(f"site.toml has pools that are not deployed: {', '.join(sorted(missing))}")
    return found


def table(rows: Rows) -> None:
    columns = ("server", "release", "version", "pools", "nginx", "free", "installed")
    show(columns, [line(row) for row in rows])
    for row in rows:
        for fault in row["faults"]:
            print(f"{row['server']}: {fault}")


def line(row: dict[str, Any]) -> tuple[str, ...]:
    pools = ", ".join(f"{name} {pool['state']}" for name, pool in row["pools"].items())
    since = f"{row['since']} by {row['by']}" if row["since"] else "-"
    free = f"{row['free_bytes'] / 1e9:.1f} GB" if row["free_bytes"] is not None else "-"
    cells = (row["server"], row["release"], row["version"], pools, row["nginx"], free, since)
    return tuple(cell or "-" for cell in cells)

"""How each server is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from deploy.checks.finding import Finding, Seen, findings, wrong
from deploy.checks.fleet import alike
from deploy.checks.lists import RUNNING
from deploy.errors import DeployError, ReachError
from deploy.reports.findings import COLOURS, detail, say, show, worst
from deploy.reports.tables import Rows
from deploy.stages import jobs

ALIKE = "alike"
"""The check that is about all servers at once, and so is in the row of each."""


def rows(found: Mapping[str, Seen | DeployError]) -> Rows:
    """Return a row a server, also for one that could not be looked at."""
    common = list(alike([one for one in found.values() if isinstance(one, Seen)]))
    return [
        lost(name, one) if isinstance(one, DeployError) else known(one, common)
        for name, one in found.items()
    ]


def known(seen: Seen, common: list[Finding]) -> dict[str, Any]:
    live, state, system = seen.live, seen.state, seen.examined.system
    web = seen.examined.web
    told = [one for one in findings(RUNNING, seen) if one.level != "ok"]
    return {
        "server": seen.server,
        "release": state.live,
        "version": live.version if live else None,
        "since": live.installed if live else None,
        "by": live.by if live else None,
        "agent": seen.hello.get("agent"),
        "pools": {pool.name: running(seen, pool.name) for pool in live.pools} if live else {},
        "jobs": beside(seen),
        "leads": {name: fault or "well" for name, fault in seen.examined.webs.items()},
        "closed": [one.model_dump(mode="json") for one in state.closed],
        "nginx": state.units.get("nginx.service", {}).get("ActiveState", "not installed"),
        "certificates": [one.model_dump(mode="json") for one in web.certificates] if web else [],
        "warm": sorted(state.running() - {state.live}),
        "free_bytes": state.free_bytes,
        "free_inodes": state.free_inodes,
        "disks": [one.model_dump(mode="json") for one in system.disks] if system else [],
        "memory": system.memory.model_dump(mode="json") if system else None,
        "clock_seconds": round(seen.skew_seconds, 1) if system else None,
        "findings": [asdict(one) for one in told]
        + [{**asdict(one), "check": ALIKE} for one in common],
    }


def lost(name: str, error: DeployError) -> dict[str, Any]:
    unknown = ("release", "version", "since", "by", "agent", "nginx")
    sizes = ("free_bytes", "free_inodes", "memory", "clock_seconds")
    lists: dict[str, Any] = {
        "jobs": {},
        "leads": {},
        "closed": [],
        "certificates": [],
        "warm": [],
        "disks": [],
    }
    reason = error.reason if isinstance(error, ReachError) else str(error)
    says, _, todo = reason.partition("; run: ")
    finding = {**asdict(wrong(says, todo)), "check": "reach"}
    nothing = dict.fromkeys((*unknown, *sizes))
    return {"server": name, **nothing, "pools": {}, **lists, "findings": [finding]}


def running(seen: Seen, pool: str) -> dict[str, Any]:
    unit = seen.state.units.get(seen.at.unit(seen.state.live or "", pool, "service"), {})
    health = seen.examined.health.get(pool)
    memory = unit.get("MemoryCurrent", "")
    state = unit.get("ActiveState", "not there")
    ready = health and not health.fault and health.answered == health.workers
    return {
        "state": "ready" if ready else "not ready" if health and state == "active" else state,
        "workers": health.workers if health else None,
        "answered": health.answered if health else None,
        "restarts": int(unit.get("NRestarts") or 0),
        "memory_bytes": int(memory) if memory.isdecimal() else None,
    }


def beside(seen: Seen) -> dict[str, str]:
    """Return how workers and schedule are, by their names in site.toml."""
    units = jobs.beside(seen.at, seen.live, seen.state, None) if seen.live else ()
    return {
        unit.partition("@")[0].partition(".")[2]: seen.state.units.get(unit, {}).get(
            "ActiveState", "not there"
        )
        for unit in units
    }


def table(rows: Rows) -> None:
    """Print a line a server, then in lines below it what matters there and what is wrong."""
    width = max(len(row["server"]) for row in rows)
    for row in rows:
        own = [one for one in row["findings"] if one["check"] != ALIKE]
        level = worst(own)
        since = f"{age(row['since'])} by {row['by']}" if row["since"] else ""
        release = row["release"] or ("no release" if row["agent"] else "")
        cells = (row["server"].ljust(width), level.ljust(5), release, since)
        say("  ".join(cells).rstrip(), level, COLOURS[level])
        for word, says in details(row):
            detail(word, says)
        for one in own:
            show(one)
    both = {one["says"]: one for row in rows for one in row["findings"] if one["check"] == ALIKE}
    if both:
        say(f"{'all'.ljust(width)}  {worst(both.values())}")
    for one in both.values():
        show(one)


def details(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is told of a server, each with the word it begins with."""
    for name, pool in row["pools"].items():
        parts = [pool["state"]]
        if pool["workers"] is not None:
            parts.append(f"{pool['answered']} of {pool['workers']} workers")
        if pool["memory_bytes"] is not None:
            parts.append(f"{pool['memory_bytes'] / 10**6:.0f} MB")
        yield "pool", f"{name}: {', '.join((*parts, times(pool['restarts'])))}"
    for name, state in row["jobs"].items():
        yield "job", f"{name}: {state}"
    if well := [name for name, how in row["leads"].items() if how == "well"]:
        yield "edge", f"leads to {', '.join(well)}"
    for one in row["closed"]:
        through = f", {', '.join(one['allow'])} let through" if one["allow"] else ""
        yield "closed", f"{one['app'] or 'all apps'}, {age(one['since'])} by {one['by']}{through}"
    for release in row["warm"]:
        yield "warm", release
    if row["memory"]:
        disk, free = gigabytes(row["free_bytes"]), gigabytes(row["memory"]["free_bytes"])
        yield "free", f"{disk} of disk, {free} of {gigabytes(row['memory']['bytes'])} of memory"


def gigabytes(size: int) -> str:
    return f"{size / 10**9:.1f} GB"


def times(restarts: int) -> str:
    return "1 restart" if restarts == 1 else f"{restarts} restarts"


def age(time: str) -> str:
    """Return how long ago a time was; the time itself if it is none."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    except (TypeError, ValueError):
        return time
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{max(0.0, seconds):.0f} s ago"

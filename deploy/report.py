"""What was found on the servers, as rows of plain data and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deploy import jobs, plans
from deploy.errors import DeployError, PlanError, ReachError
from deploy.fitness import refuse_unfit
from deploy.layout import Layout
from deploy.loglines import readable
from deploy.look import State
from deploy.release import parts
from dispatcher.registry.given import secrets_named
from dispatcher.registry.site import Site, claims
from dispatcher.registry.tenancy import shown

Rows = list[dict[str, Any]]


def addresses(site: Site) -> str:
    return "  ".join(f"http://{shown(app, address)}" for app, address in claims(site.apps))


def status(site: Site, found: Mapping[str, State | DeployError]) -> Rows:
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


def secrets(site: Site, found: Mapping[str, State]) -> Rows:
    """Return a row a secret that is set somewhere, or named in site.toml."""
    named = {(app.name, name) for app in site for name in secrets_named(app)}
    there = {
        (app, name): one
        for state in found.values()
        for app, ones in (state.vault.names if state.vault else {}).items()
        for name, one in ones.items()
    }
    return [
        {
            "app": app,
            "secret": name,
            "set": one.made if (one := there.get((app, name))) else None,
            "by": one.by if one else None,
            "used": (app, name) in named,
            "missing": [server for server, state in found.items() if not has(state, app, name)],
        }
        for app, name in sorted(named | there.keys())
    ]


def has(state: State, app: str, name: str) -> bool:
    return state.vault is not None and name in state.vault.names.get(app, {})


def secrets_table(rows: Rows) -> None:
    def line(row: dict[str, Any]) -> tuple[str, ...]:
        use = "is used" if row["used"] else "is in no use"
        how = f"fab secrets-set {row['secret']} --app {row['app']}"
        note = f"missing on {', '.join(row['missing'])}; run: {how}" if row["missing"] else use
        return (row["app"], row["secret"], row["set"] or "-", row["by"] or "-", note)

    show(("app", "secret", "set", "by", ""), [line(row) for row in rows])


def status_table(rows: Rows) -> None:
    columns = ("server", "release", "version", "pools", "nginx", "free", "installed")
    show(columns, [status_row(row) for row in rows])
    for row in rows:
        for fault in row["faults"]:
            print(f"{row['server']}: {fault}")


def status_row(row: dict[str, Any]) -> tuple[str, ...]:
    pools = ", ".join(f"{name} {pool['state']}" for name, pool in row["pools"].items())
    since = f"{row['since']} by {row['by']}" if row["since"] else "-"
    free = f"{row['free_bytes'] / 1e9:.1f} GB" if row["free_bytes"] is not None else "-"
    cells = (row["server"], row["release"], row["version"], pools, row["nginx"], free, since)
    return tuple(cell or "-" for cell in cells)


def releases(found: Mapping[str, State]) -> Rows:
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


def releases_table(rows: Rows) -> None:
    def line(row: dict[str, Any]) -> tuple[str, ...]:
        now = "live" if row["live"] else "warm" if row["running"] else ""
        return (row["server"], row["release"], now, row["version"], row["installed"], row["by"])

    show(("server", "release", "", "version", "installed", "by"), [line(row) for row in rows])


def history_table(rows: Rows) -> None:
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


def pool_of(site: Site, app: str) -> str:
    """Return the pool of an app; raises `PlanError` for one not there."""
    try:
        return site.app(app).pool
    except LookupError as error:
        raise PlanError(str(error.args[0])) from None


def line(server: str, text: str) -> None:
    for one in readable(text):
        print(f"{server}  {one}", flush=True)


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, whole however narrow the terminal: what is shown can be copied."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("   ".join(cells).rstrip())

"""Give a pool new processes without losing a request.

A stand-in, a second service of the same release, listens on the very socket that the pool has
from systemd (``Sockets=``). While it answers, the pool's own service is restarted, so that it
starts from nothing: new master, new memory, new credentials. Then the stand-in goes. gunicorn's
HUP would not do: with preload, new workers are forks of what the old master has loaded.
Secrets that were set since the release was deployed are handed to it first. Its workers and its
schedule follow once that holds: each ends what it has begun, and begins anew.
"""

from __future__ import annotations

from deploy.acting.steps import Plan, Run, Script, Step, Steps
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import PoolPart, Release
from deploy.server import render
from deploy.server.files import write
from deploy.server.look import State
from deploy.stages import vault
from deploy.stages.serving import GATE_SECONDS, started, stop

UNITS = "/run/systemd/system"
"""Where units are that a boot forgets."""


def restart(at: Layout, found: State, live: Release | None, name: str) -> Plan:
    """Restart one pool of the live release; raises `PlanError` where there is no such."""
    if live is None:
        raise PlanError("has no live release; run: fab deploy")
    pool = pool_of(live, name)
    service, socket = (at.unit(live.id, name, kind) for kind in ("service", "socket"))
    unit = found.files.get(at.template(name, "service"))
    if unit is None or socket not in found.active():
        raise PlanError(f"pool {name} does not run; see: fab logs")
    path = f"{UNITS}/{at.stand_in(name)}@.service"
    other = f"{at.stand_in(name)}@{live.id}.service"
    reload = Run("systemctl", "daemon-reload")
    hand, note = vault.anew(at, live.id, name, found)
    start = Run("systemctl", "start", service)
    if hand:  # it may have begun with those that are taken back
        start = vault.as_before(at, live.id, name, 'systemctl restart "$1"', service)
    return Plan(
        f"restart pool {name}",
        prepare=(
            *hand,
            Step("see that systemd can read units", reload, undo=reload),
            *write({path: render.stand_in(unit, socket)}, found),
            Step("let systemd read them", reload),
            Step("start a second service of it", started((other,)), undo=stop((other,))),
            Step("ask every worker of that", ask(at, live, pool, other)),
        ),
        publish=(
            Step(
                "restart its own",
                Run("systemctl", "restart", service),
                undo=start,
            ),
            Step("ask every worker and every app", ask(at, live, pool, service)),
        ),
        tidy=(
            Step("stop the second", stop((other,))),
            Step("remove its unit", Run("rm", "-f", path)),
            Step("let systemd know", reload),
            *note,
            *jobs(at, found, live, name),
        ),
    )


def jobs(at: Layout, found: State, live: Release, pool: str) -> Steps:
    """Let workers and the schedule begin anew, each once it has ended what it began."""
    there = [
        at.job_unit(live.id, pool, part.name)
        for part in live.jobs
        if part.pool == pool and part.kind != "migrate"
    ]
    units = tuple(unit for unit in there if unit in found.active())
    if not units:
        return ()
    again = Run("systemctl", "restart", "--no-block", *units)
    return (Step("let its workers and schedule begin anew", again),)


def pool_of(live: Release, name: str) -> PoolPart:
    """Return the pool of that name; raises `PlanError` naming those there are."""
    for pool in live.pools:
        if pool.name == name:
            return pool
    there = ", ".join(pool.name for pool in live.pools)
    raise PlanError(f"its release has no pool {name!r}; it has {there}")


def ask(at: Layout, live: Release, pool: PoolPart, unit: str) -> Script:
    """Ask the workers of one unit of those that listen on the socket."""
    asked = {
        "name": pool.name,
        "workers": pool.workers,
        "socket": at.socket(live.id, pool.name),
        "unit": unit,
        "addresses": pool.addresses,
    }
    return Script.of("ask", {"release": live.id, "seconds": GATE_SECONDS, "pools": [asked]})

"""Migrations, workers and schedules: what a release has beside its pools.

A database is migrated before anything of the release starts. Workers begin at the cutover, and
those of before end once it holds, in their own time. A schedule runs on one server alone: all
there are stop before the cutover, everywhere, and the new one begins with it.
"""

from __future__ import annotations

import re

from deploy.acting.steps import Put, Run, Script, Step, Steps, shell
from deploy.layout import Layout
from deploy.release import JobPart, Release
from deploy.server import render
from deploy.server.look import State
from deploy.stages.serving import started, stop
from dispatcher.registry.jobs import Kind, jobs
from dispatcher.registry.site import Site

STEADY_SECONDS = 2
"""How long workers and schedules must run before they are taken to be well."""

WORKER, SCHEDULE = re.compile(r"\.worker\.[^@]*@"), re.compile(r"\.schedule\.[^@]*@")


def templates(at: Layout, site: Site) -> dict[str, str]:
    """Return the template units of every job, by path."""
    return {
        at.job_template(app.pool, job.name): render.job(job, app, site, at)
        for app in site
        for job in jobs(app)
        if not site.is_edge
    }


def describe(at: Layout, release: Release) -> Steps:
    """Name the jobs that a boot is to start."""
    folder, steps = at.folder(release.id), []
    for kind in ("worker", "schedule"):
        if parts := of_kind(release, kind):
            names = "".join(f"{at.user(part.pool)}.{part.name}\n" for part in parts)
            steps.append(Step(f"name its {kind}s", Put(f"{folder}/{kind}s", names)))
    return tuple(steps)


def of_kind(release: Release, kind: Kind) -> tuple[JobPart, ...]:
    return tuple(part for part in release.jobs if part.kind == kind)


def units(at: Layout, release: Release, kind: Kind) -> tuple[str, ...]:
    return tuple(at.job_unit(release.id, one.pool, one.name) for one in of_kind(release, kind))


def migrate(at: Layout, release: Release, *, shared: bool) -> Steps:
    """Migrate the databases of this server, and with ``shared`` those of all servers.

    A migration only expands what is there, so nothing takes it back: the release of before
    goes on with it, as it does while it runs.
    """
    steps = []
    for part in of_kind(release, "migrate"):
        if shared or not part.once:
            unit = at.job_unit(release.id, part.pool, part.name)
            note = f"migrate {part.name.partition('.')[2]}, after a backup where it has SQLite"
            # systemd would let one that was interrupted go on.
            steps.append(Step(note, started((unit,)), undo=stop((unit,))))
    return tuple(steps)


def running(found: State, kind: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in found.active() if kind.search(name)))


def hush(found: State) -> Steps:
    """Stop all schedules, so that none runs twice while servers go live one after the other."""
    units = running(found, SCHEDULE)
    if not units:
        return ()
    return (Step("stop the schedule", stop(units), undo=Run("systemctl", "start", *units)),)


def begin(at: Layout, release: Release, found: State, here: bool | None) -> Steps:
    """Start the workers, and with ``here`` the schedule, for the release is live now."""
    here = found.schedules if here is None else here
    workers = units(at, release, "worker")
    schedules = units(at, release, "schedule") if here else ()
    return (
        *placed(at, here, found),
        *((start("workers", workers, wait=False),) if workers else ()),
        *((start("schedule", schedules, wait=True),) if schedules else ()),
    )


def start(what: str, units: tuple[str, ...], *, wait: bool) -> Step:
    """Start units; not waiting, for one that still finishes what it began starts after that."""
    script = 'systemctl reset-failed "$@" 2>/dev/null; systemctl start --no-block "$@"'
    end = stop(units) if wait else Run("systemctl", "stop", "--no-block", *units)
    return Step(f"start its {what}", shell(script, *units), undo=end)


def placed(at: Layout, here: bool, found: State) -> Steps:
    """Note where schedules run, for a boot."""
    if here == found.schedules:
        return ()
    there, gone = Put(at.schedules, ""), Run("rm", "-f", at.schedules)
    if here:
        return (Step("note that schedules run here", there, undo=gone),)
    return (Step("note that schedules run elsewhere", gone, undo=there),)


def steady(at: Layout, release: Release, found: State, here: bool | None) -> Steps:
    """See that workers and schedule go on running."""
    wanted = beside(at, release, found, here)
    if not wanted:
        return ()
    given = {"units": wanted, "seconds": STEADY_SECONDS}
    return (Step("see that what it runs beside its pools goes on", Script.of("steady", given)),)


def beside(at: Layout, release: Release, found: State, here: bool | None) -> tuple[str, ...]:
    """Return the units that run beside the pools on this server."""
    here = found.schedules if here is None else here
    return units(at, release, "worker") + (units(at, release, "schedule") if here else ())


def retire(release: Release, found: State) -> Steps:
    """Let the workers of other releases end, each once it has finished what it began."""
    old = tuple(unit for unit in running(found, WORKER) if f"@{release.id}." not in unit)
    if not old:
        return ()
    return (Step("let the workers of before end", Run("systemctl", "stop", "--no-block", *old)),)


def misplaced(at: Layout, release: Release, found: State, here: bool | None) -> bool:
    """Whether a server on which the release is live has its schedule where it should not be."""
    wanted = found.schedules if here is None else here
    there = set(units(at, release, "schedule")) if wanted else set()
    return wanted != found.schedules or there != set(running(found, SCHEDULE))

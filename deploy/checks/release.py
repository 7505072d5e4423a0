"""Is what is live what was deployed, and does it run?"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.checks import drift, examining
from deploy.checks.finding import Finding, Seen, ok, warn, wrong
from deploy.errors import PlanError
from deploy.stages import edge, jobs, plans, vault

RESTARTS = 3
"""As many restarts of one service are told of."""


def release(seen: Seen) -> Iterator[Finding]:
    """See that a release is live, and that no deployment was cut off."""
    try:
        live = plans.live(seen.state)
    except PlanError as error:
        yield wrong(str(error))
        return
    if live is None and not seen.bare:
        yield wrong("no release is live", "fab deploy")
    elif live:
        yield ok(f"{live.id} is live, installed {live.installed} by {live.by}")


def transaction(seen: Seen) -> Iterator[Finding]:
    """See that nothing is half done."""
    last = seen.examined.last or {}
    if last and not last.get("ended"):
        yield warn(f"goes on now: {last.get('title')}", "fab attach")
    elif seen.state.publishing:
        yield wrong("a deployment was interrupted", "fab deploy")
    elif last.get("ended") == "left":
        yield wrong(f"not all of it could be taken back: {last.get('title')}", "fab deploy")


def pools(seen: Seen) -> Iterator[Finding]:
    """See that every pool of the live release says it is ready, each of its workers."""
    for pool in seen.live.pools if seen.live else ():
        unit = seen.state.units.get(seen.at.unit(seen.state.live or "", pool.name, "service"), {})
        state, app = unit.get("ActiveState", "not there"), pool.apps[0]
        health = seen.examined.health.get(pool.name)
        if state != "active":
            yield wrong(f"pool {pool.name} is {state}", f"fab logs {app}")
        elif health and health.fault:
            yield wrong(health.fault, f"fab logs {app}")
        elif health and health.answered < health.workers:
            told = f"{health.answered} of {health.workers} workers"
            answered = f"pool {pool.name}: {told} answered within {examining.READY_SECONDS} s"
            yield (warn if health.answered else wrong)(answered, f"fab logs {app}")
        else:
            yield ok(f"pool {pool.name} is ready")
        if int(unit.get("NRestarts") or 0) >= RESTARTS:
            yield warn(
                f"pool {pool.name} was restarted {unit['NRestarts']} times", f"fab logs {app}"
            )


def behind(seen: Seen) -> Iterator[Finding]:
    """See that an edge reaches the servers behind it, and leads to all of them."""
    if not seen.site.is_edge or seen.live is None:
        return
    for name, fault in seen.examined.webs.items():
        if fault:
            todo = f"fab status --only {name}, and see that a firewall lets {seen.server} through"
            yield wrong(f"{name} is out: {fault}", todo)
        else:
            yield ok(f"{name} answers it")
    for name in edge.out_of(seen.state, seen.at, seen.site):
        yield warn(f"it leads nobody to {name}, for that was left out", "fab deploy")


def beside(seen: Seen) -> Iterator[Finding]:
    """See that workers and the schedule run."""
    units = jobs.beside(seen.at, seen.live, seen.state, None) if seen.live else ()
    for unit in units:
        app = unit.partition("@")[0].split(".")[2]
        if unit in seen.state.active():
            yield ok(f"{unit} runs")
        else:
            yield wrong(f"{unit} does not run", f"fab logs {app} --jobs")


def closed(seen: Seen) -> Iterator[Finding]:
    """Remind of what is closed for maintenance."""
    for one in seen.state.closed:
        which = f"app {one.app} is" if one.app else "all apps are"
        todo = f"fab maintenance off{f' --app {one.app}' if one.app else ''}"
        yield warn(f"{which} closed for maintenance since {one.since} by {one.by}", todo)


def deployed(seen: Seen) -> Iterator[Finding]:
    """See that site.toml is deployed as it is here."""
    if seen.live is None or seen.examined.registry is None:
        return
    live = examining.registry(seen.examined.registry, seen.site.environment, seen.site.here)
    if live is None:
        yield warn("the site.toml of its release cannot be read by this version", "fab deploy")
        return
    others = list(drift.undeployed(live, seen.site))
    if others:
        yield warn(f"site.toml is not deployed: {'; '.join(others)}", "fab deploy")
    else:
        yield ok("site.toml is deployed as it is here")


def secrets(seen: Seen) -> Iterator[Finding]:
    """See that every secret that site.toml names is set."""
    if seen.bare or seen.site.is_edge:
        return
    try:
        vault.refuse_missing(seen.at, seen.site, seen.state)
    except PlanError as error:
        says, _, todo = str(error).partition("; run: ")
        yield wrong(says, todo)

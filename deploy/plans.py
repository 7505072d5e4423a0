"""Whole plans, made of stages. Nothing here touches a server."""

from __future__ import annotations

from dataclasses import dataclass

from deploy import ground, install, publishing, render, retiring, serving
from deploy.bundle import Bundle, Toolbox
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.look import State
from deploy.release import Release, before, parts
from deploy.steps import Plan
from dispatcher.site import Site

NEEDED_BYTES = 300_000_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and by whom: the only thing in a plan that another run would have differently."""

    time: str
    """UTC, ISO 8601."""

    by: str


def bootstrap(at: Layout, site: Site, toolbox: Toolbox, found: State, user: str) -> Plan:
    """Make a bare Debian ready for deployments; empty where it is ready already."""
    refuse_unfit(found)
    return Plan(f"make ready for {site.name}", prepare=ground.lay(at, site, toolbox, found, user))


def deploy(
    at: Layout, site: Site, bundle: Bundle, toolbox: Toolbox, found: State, stamp: Stamp
) -> Plan:
    """Install the release, make it live, retire the one before; empty where it is live already."""
    refuse_unfit(found)
    if found.toolbox != toolbox.name:
        raise PlanError("is not ready for this version of Flaskyard; run: fab bootstrap")
    title = f"deploy {bundle.id}"
    if found.live == bundle.id:
        return Plan(f"{title}: it is live already")
    nginx, routes = render.nginx(site, at)
    release = found.installed.get(bundle.id) or Release(
        id=bundle.id,
        version=bundle.version,
        commit=bundle.commit,
        pools=parts(site),
        routes=routes,
        installed=stamp.time,
        by=stamp.by,
    )
    new = (
        *serving.clear(release.id, found),
        *install.install(at, bundle, found),
        *ground.users(at, tuple(pool.name for pool in release.pools), found),
        *ground.units(ground.templates(at, site), found),
        *install.describe(at, release, nginx),
    )
    return Plan(
        title,
        prepare=(
            *(() if release.id in found.installed else new),
            serving.keep_warm(at, release),
            *serving.start(at, release),
        ),
        publish=publishing.publish(at, release, live(found)),
        tidy=(
            *retiring.retire(at, live(found), release, found),
            *retiring.prune(at, {release.id, found.live or ""}, found),
        ),
    )


def rollback(at: Layout, found: State, to: str = "") -> Plan:
    """Make an installed release live again: ``to``, or the one installed before the live one."""
    now = live(found)
    if now is None:
        raise PlanError("has no live release to roll back from; run: fab deploy")
    there = ", ".join(sorted(set(found.installed) - {now.id})) or "none"
    target = found.installed.get(to) if to else before(now.id, found.installed)
    if target is None:
        missing = f"has no release {to!r}" if to else f"has no release from before {now.id}"
        raise PlanError(f"{missing}; others it has: {there}")
    if target.id == now.id:
        raise PlanError(f"is on {to} already; others it has: {there}")
    return Plan(
        f"roll back from {now.id} to {target.id}",
        prepare=(serving.keep_warm(at, target), *serving.start(at, target)),
        publish=publishing.publish(at, target, now),
        tidy=retiring.retire(at, now, target, found),
    )


def live(found: State) -> Release | None:
    return found.installed.get(found.live or "")


def refuse_unfit(found: State) -> None:
    """Raise `PlanError` for a server that could not run the site."""
    name = found.os.get("PRETTY_NAME", "an unknown system")
    if found.os.get("ID") != "debian" or int(found.os.get("VERSION_ID", "0").split(".")[0]) < 12:
        raise PlanError(f"runs {name}; Flaskyard needs Debian 12 or newer")
    if found.free_bytes < NEEDED_BYTES:
        free, needed = found.free_bytes // 1_000_000, NEEDED_BYTES // 1_000_000
        raise PlanError(f"has {free} MB of disk free; a release needs {needed}")

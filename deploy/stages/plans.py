"""Whole plans, made of stages. Nothing here touches a server."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.acting.steps import Plan, Steps
from deploy.bundle import Agent, Built, Bundle
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import Release, Stamp, all_parts, before, job_parts, parts, time_after
from deploy.server import environments, https, render, secrets
from deploy.server.look import State
from deploy.stages import edge, ground, install, jobs, publishing, retiring, serving, statics, vault
from deploy.stages.fitness import refuse_unfit, refuse_unready
from dispatcher.registry.site import Site
from dispatcher.registry.tls import secured


def bootstrap(
    at: Layout,
    site: Site,
    agent: Built[Agent],
    found: State,
    user: str,
    keys: str | None = None,
    kept: str | None = None,
) -> Plan:
    """Make a bare Debian ready for deployments; empty where it is ready already.

    ``keys`` are the master keys it is to have, ``kept`` the secrets of apps; None for those
    it has.
    """
    refuse_unfit(at, site, found)
    steps = (*ground.lay(at, site, agent, found, user, keys), *vault.copied(at, kept, found))
    return Plan(f"make ready for {site.name}", prepare=steps, stays=True)


def deploy(
    at: Layout,
    site: Site,
    bundle: Bundle,
    found: State,
    stamp: Stamp,
    watch: float = 0,
    *,
    migrates: bool = False,
    schedules: bool | None = None,
    out: tuple[str, ...] = (),
) -> Plan:
    """Install the release, make it live, retire the one before; empty where it is live already.

    It is watched for ``watch`` seconds before it is let stay. ``migrates`` says whether this
    server migrates the databases that all share, and ``schedules`` whether it is the one where
    schedules run, None for what it was. An edge leads nobody to the servers named in ``out``.
    """
    refuse_unfit(at, site, found)
    refuse_unready(at, site, found)
    title = f"deploy {bundle.id}"
    now = live(found)
    if site.is_edge:
        wanted = found.installed.get(bundle.id) or described(at, site, bundle, found, stamp)
        return edge.deploy(at, site, bundle, found, wanted, now, out)
    if now is not None and now.id == bundle.id and not found.publishing:
        if jobs.misplaced(at, now, found, schedules):
            return reschedule(at, now, found, schedules)
        return Plan(f"{title}: it is live already")
    vault.refuse_missing(at, site, found)
    there = found.installed.get(bundle.id)
    release, new = (there, ()) if there else installed(at, site, bundle, found, stamp)
    handed = vault.hand(at, site, bundle.id, found)
    if there and handed:  # what still runs of it has other secrets
        new = serving.clear(bundle.id, found)
    kept = https.placeholders(at, release.tls, found)
    prepare = (*new, *kept, *secrets.pools(at, site, found), *handed)
    start = (
        *serving.start(at, release, found),
        *statics.collect(at, release, new=there is None),
        *jobs.hush(found),
    )
    migrating = bool(jobs.of_kind(release, "migrate"))
    return Plan(
        title,
        prepare=prepare if migrating else (*prepare, *start),
        migrate=jobs.migrate(at, release, shared=migrates),
        start=start if migrating else (),
        migrates=migrating,
        publish=cutover(at, release, now, found, watch, schedules),
        tidy=(
            *jobs.retire(release, found),
            *retiring.retire(at, now, release, found),
            *retiring.prune(at, release, found),
            *vault.handed(at, release.id, found),
            *https.see(at, release),
            publishing.settle(at),
        ),
    )


def cutover(
    at: Layout,
    release: Release,
    now: Release | None,
    found: State,
    watch: float,
    schedules: bool | None,
) -> Steps:
    """Make the release live instead of ``now``, and see that it is well."""
    return (
        *publishing.publish(at, release, now, found),
        *jobs.begin(at, release, found, schedules),
        *jobs.steady(at, release, found, schedules),
        *serving.watch(at, release, now, found, watch, jobs.beside(at, release, found, schedules)),
    )


def reschedule(at: Layout, live: Release, found: State, schedules: bool | None) -> Plan:
    """Begin or end the schedule of the release that is live: another server had it, or has now."""
    return Plan(
        f"place the schedule of {live.id}",
        prepare=jobs.hush(found),
        publish=(
            *jobs.begin(at, live, found, schedules),
            *jobs.steady(at, live, found, schedules),
        ),
        tidy=(publishing.settle(at),),
    )


def installed(
    at: Layout, site: Site, bundle: Bundle, found: State, stamp: Stamp
) -> tuple[Release, Steps]:
    """Return the release, and the steps that install it."""
    release = described(at, site, bundle, found, stamp)
    steps = (
        *serving.clear(release.id, found),
        *install.install(at, bundle, found),
        *ground.users(at, tuple(pool.name for pool in release.pools), found),
        *ground.units(ground.templates(at, site), found),
        *https.describe(at, release, site),
        *install.describe(at, release, render.nginx(site, at)[0]),
        publishing.claims(at, release),
    )
    return release, steps


def described(at: Layout, site: Site, bundle: Bundle, found: State, stamp: Stamp) -> Release:
    """Return what is to be installed, as its manifest will say."""
    return Release(
        id=bundle.id,
        version=bundle.version,
        commit=bundle.commit,
        pools=parts(site),
        fronts=all_parts(site) if site.is_edge else (),
        jobs=job_parts(site),
        tls=secured(site),
        routes=render.nginx(site, at)[1],
        environment="" if site.is_edge else environments.name(bundle, found),
        after=found.live or "",
        installed=time_after(stamp.time, found.installed.values()),
        by=stamp.by,
    )


def rotate(at: Layout, key: str, found: State) -> Plan:
    """Put a new master key before those of a server; the next deployment makes the pools' of it.

    Were they made now, a pool that systemd starts anew on one server alone would sign with
    what the others do not know yet.
    """
    if found.keys.get(at.keys) is None:
        raise PlanError("has no keys; run: fab bootstrap")
    return Plan("rotate the keys", *secrets.rotated(at, key))


def rollback(
    at: Layout,
    found: State,
    target: Release,
    watch: float = 0,
    *,
    schedules: bool | None = None,
) -> Plan:
    """Make an installed release live again; empty where it is live already.

    Databases stay as they are: migrations only expand what there is.
    """
    now = live(found)
    if now is not None and target.id == now.id and not found.publishing:
        others = ", ".join(sorted(set(found.installed) - {now.id})) or "none"
        return Plan(f"roll back to {now.id}: it is live already; others it has: {others}")
    return Plan(
        f"roll back from {now.id if now else 'nothing'} to {target.id}",
        prepare=(
            *https.placeholders(at, target.tls, found),
            *serving.start(at, target, found),
            *jobs.hush(found),
        ),
        publish=cutover(at, target, now, found, watch, schedules),
        tidy=(
            *jobs.retire(target, found),
            *retiring.retire(at, now, target, found),
            *retiring.drop_links(at, target, found),
            *https.see(at, target),
            publishing.settle(at),
        ),
    )


def goal(found: State, to: str = "") -> Release:
    """Return the release to roll back to: ``to``, or the one that was live before.

    Raises `PlanError` naming those there are.
    """
    now = live(found)
    if now is None and not to:
        raise PlanError("has no live release to roll back from; run: fab deploy")
    target = found.installed.get(to) if to else before(now.id, found.installed) if now else None
    if target is None:
        there = ", ".join(sorted(set(found.installed) - {now.id if now else ""})) or "none"
        missing = f"has no release {to!r}" if to else f"has no release from before {found.live}"
        raise PlanError(f"{missing}; others it has: {there}")
    return target


def common(goals: Mapping[str, Release]) -> Release:
    """Return the release for all; raises `PlanError` where the servers would go to several."""
    if len({release.id for release in goals.values()}) > 1:
        each = ", ".join(f"{server} to {release.id}" for server, release in goals.items())
        raise PlanError(f"the servers would go to different releases ({each}); name one with --to")
    return next(iter(goals.values()))


def live(found: State) -> Release | None:
    """Return the release that is live; raises `PlanError` where its manifest cannot be read."""
    if found.live is None:
        return None
    if found.live not in found.installed:
        raise PlanError(
            f"its live release {found.live} has lost its manifest, release.json; "
            "put that back from another server or a backup"
        )
    return found.installed[found.live]

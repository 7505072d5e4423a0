"""What one release is, as its manifest says on the server and here."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dispatcher.registry.jobs import Kind, jobs
from dispatcher.registry.site import Site
from dispatcher.registry.tenancy import asked

Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}T[0-9]{6}-[0-9a-f]{7,40}$")]
"""The commit's UTC time and its hash, ``20261121T014000-1a2b3c4``; sorts by age."""


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Line = Annotated[str, StringConstraints(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]+$", max_length=200)]
"""A line of text for people: nothing that steers a terminal, begins a line or turns its order
about (Unicode's Other and separators of lines), or a log could be made to lie."""


class Stamp(Value):
    """Who asked for something, and when: what another run of the same task would have new."""

    by: Line
    """As in ``ada@desk``."""

    time: Line
    """UTC, ISO 8601, the same for all servers."""

    run: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """What tells this run of a task from all others, the same on all servers."""

    servers: Annotated[tuple[Line, ...], Field(max_length=1000)] = ()
    """Those that do it together, by their names in site.toml."""


class PoolPart(Value):
    """What one pool serves: enough to gate it without the registry."""

    name: str
    workers: int
    addresses: tuple[tuple[str, str], ...]
    """Host and path prefix of each mount; of tenants one that there is not, which is a 404."""

    apps: tuple[str, ...]
    """Their names."""


class JobPart(Value):
    """A process of an app beside its pool: enough to start and stop it without the registry."""

    kind: Kind
    pool: str
    name: str
    """As in ``worker.members.mail``."""

    once: bool = False
    """Whether it is done on one server for all, as a migration of a database they share."""


class Release(Value):
    """The manifest, ``release.json``; written last, so that its presence means complete."""

    id: Id
    version: str
    commit: str
    pools: tuple[PoolPart, ...]

    fronts: tuple[PoolPart, ...] = ()
    """On an edge: the pools that run on the servers behind it. It has none itself."""

    jobs: tuple[JobPart, ...] = ()

    tls: tuple[str, ...] = ()
    """The hosts that nginx has certificates for; none where it has http alone."""

    routes: str
    """Identifies the nginx configuration: the same where the same text is meant."""

    environment: str = ""
    """The installed dependencies that its own environment began as."""

    after: str = ""
    """The release that was live when this one was installed."""

    installed: str
    """UTC time, ISO 8601; later than of all that the server had already."""

    by: str
    """Who installed it: ``user@machine``."""


def parts(site: Site) -> tuple[PoolPart, ...]:
    """Return what each pool in use serves where the site is looked at from: none on an edge."""
    return () if site.is_edge else all_parts(site)


def all_parts(site: Site) -> tuple[PoolPart, ...]:
    """Return what each pool in use serves, wherever."""
    return tuple(
        PoolPart(
            name=pool.name,
            workers=pool.workers,
            addresses=tuple(
                (at.host, at.path) for app in apps for a in app.addresses for at in [asked(app, a)]
            ),
            apps=tuple(app.name for app in apps),
        )
        for pool in site.pools
        if (apps := site.of_pool(pool.name))
    )


def job_parts(site: Site) -> tuple[JobPart, ...]:
    """Return what runs beside the pools."""
    return tuple(
        JobPart(
            kind=job.kind,
            pool=job.pool,
            name=job.name,
            once=job.kind == "migrate" and app.migrate_on == "one",
        )
        for app in site
        for job in jobs(app)
        if not site.is_edge
    )


def stands_in(new: Release, old: Release) -> bool:
    """Whether ``new`` has all pools of ``old``, and the apps of both in the same pools.

    Then a proxy that still routes as for ``old`` finds each app where it looks for it.
    """
    then = {app: pool.name for pool in old.pools for app in pool.apps}
    now = {app: pool.name for pool in new.pools for app in pool.apps}
    return {pool.name for pool in old.pools} <= {pool.name for pool in new.pools} and all(
        now.get(app, pool) == pool for app, pool in then.items()
    )


def before(live: str, releases: dict[str, Release]) -> Release | None:
    """Return what to go back to: the release that was live when the live one was installed.

    Where that is gone, the one installed last before it. A release that was rolled back
    from is therefore not returned to.
    """
    if live not in releases:
        return None
    now = releases[live]
    if now.after in releases:
        return releases[now.after]
    older = [r for r in releases.values() if r.installed < now.installed]
    return max(older, key=lambda release: release.installed, default=None)


def time_after(time: str, releases: Iterable[Release]) -> str:
    """Return the time, or a second after the last of the releases where that is later.

    So their order is that in which they came, also where somebody's clock was set back.

    >>> time_after("2026-11-21T12:00:00+00:00", ())
    '2026-11-21T12:00:00+00:00'
    """
    last = max((release.installed for release in releases), default="")
    if time > last:
        return time
    try:
        return (datetime.fromisoformat(last) + timedelta(seconds=1)).isoformat(timespec="seconds")
    except ValueError:  # somebody wrote something else there
        return time

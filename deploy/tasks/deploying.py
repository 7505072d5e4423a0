"""Put releases live, and take them back."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from deploy.building import commit, sdist
from deploy.errors import WITHOUT, DeployError
from deploy.tasks.options import seconds, show, told, whole
from deploy.tasks.project import ROOT, SITE, addresses, left_out, linked, registry

if TYPE_CHECKING:
    from deploy.fleet.session import Fleet
    from deploy.remote.link import Link


@told()
def pack(context: Any) -> None:  # noqa: ARG001 - Fabric's signature
    """Build the release of the last commit into dist, without any server."""
    from deploy.building import build
    from deploy.fleet.console import Live

    last = commit.head(ROOT)
    with Live() as live:
        left_out(live)
        bundle = build.bundle(ROOT, last, [build.Target()])
    dist = (ROOT / sdist.DIST).resolve()
    print(f"{bundle.what.id}, version {bundle.what.version}, in {dist}")
    for file in bundle.what.files:
        print(f"{file.sha256}  {bundle.paths[file.sha256].resolve().relative_to(dist)}")


@told("env", "only", "without", "canary", "watch", "plan", "limit", "json")
def deploy(
    context: Any,
    env: str = "",
    only: str = "",
    without: str = "",
    canary: str = "",
    watch: str = "",
    plan: bool = False,
    limit: str = "",
    json: bool = False,
) -> None:
    """Put the last commit live on all servers, or on none.

    A failure takes back everything, on every server; so does a release that is worse than
    the one before while it is watched. With --limit 2, two of the servers that do not have
    it yet get it: the same again goes on with two more.
    """
    last = commit.head(ROOT)
    with ThreadPoolExecutor(1) as aside:
        building = aside.submit(sdist.source, ROOT, last)  # meanwhile the servers are reached
        from deploy.building import build
        from deploy.fleet import doing, session
        from deploy.fleet.console import Live
        from deploy.protocol.words import Deploy
        from deploy.reports import end

        site = registry(env)
        with Live() as live:
            left_out(live)
            names = session.without(site, only, without)
            session.refuse_edges(site, canary)
            with linked(site, names, context, WITHOUT) as fleet:
                session.refuse_other_agents(fleet, build.agent_name(ROOT))
                building.result()
                bundle = build.bundle(ROOT, last, session.targets(fleet))
                intention = Deploy(
                    registry=SITE.read_text("utf-8"),
                    environment=env,
                    bundle=bundle.what,
                    watch=seconds(watch, site.watch_seconds),
                    stamp=session.stamp(),
                    out=session.out(site, fleet),
                )
                first = frozenset(server.name for server in session.named(site, canary))
                most = whole("limit", limit, 1, 1000) if limit else None
                if plan:
                    doing.show(doing.narrowed(fleet, intention, most, first), intention, live)
                else:
                    spent = doing.do(fleet, intention, live, bundle.paths, first, most)
                    done = end.rows(named(fleet, most, spent), spent, bundle.what.id)
                    if spent:
                        live.say(f"{bundle.what.id} is live: {addresses(site)}")
    if not plan:
        show(done, end.table, json)


@told("env", "only", "to", "watch", "plan", "limit", "json")
def rollback(
    context: Any,
    env: str = "",
    only: str = "",
    to: str = "",
    watch: str = "",
    plan: bool = False,
    limit: str = "",
    json: bool = False,
) -> None:
    """Make the release that was live before live again, or another."""
    from deploy.fleet import doing, session
    from deploy.fleet.console import Live
    from deploy.protocol.words import Rollback
    from deploy.reports import end
    from deploy.stages import plans

    site = registry(env)
    with Live() as live, linked(site, only, context, limit=limit) as fleet:
        found = fleet.each(lambda link: link.look())
        goals = fleet.each(lambda link: plans.goal(found[link.name], to))
        target = plans.common(goals)
        intention = Rollback(to=target.id, watch=seconds(watch, 0), stamp=session.stamp())
        if plan:
            doing.show(fleet, intention, live)
        elif spent := doing.do(fleet, intention, live):
            done = end.rows(named(fleet, None, spent), spent, target.id)
        else:
            raise DeployError("nothing was rolled back")
    if not plan:
        show(done, end.table, json)


@told("env", "only", "limit")
def attach(context: Any, env: str = "", only: str = "", limit: str = "") -> None:
    """Follow what was begun on the servers, and bring it to its end.

    For a deployment whose `fab deploy` is gone: it waits a minute for somebody who tells it
    to go on, and takes itself back then.
    """
    from deploy.fleet.console import Live
    from deploy.fleet.resuming import resume

    site = registry(env)
    with Live() as live, linked(site, only, context, limit=limit) as fleet:
        if not resume(fleet, live):
            live.say("Nothing goes on; `fab history` shows what did.")


def named(fleet: Fleet[Link], most: int | None, spent: Mapping[str, object]) -> list[str]:
    """Return the servers that have the release now: with ``most``, those that got it."""
    return [link.name for link in fleet.servers if most is None or link.name in spent]

"""Care for servers between deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.errors import DeployError
from deploy.tasks.options import told, whole
from deploy.tasks.project import linked, pool_of, registry

if TYPE_CHECKING:
    from deploy.agent.words import Intention
    from dispatcher.registry.site import Site


@told("pool", "env", "only", "plan", "limit")
def restart(
    context: Any, pool: str, env: str = "", only: str = "", plan: bool = False, limit: str = ""
) -> None:
    """Give a pool new processes, without losing a request.

    They start from nothing, with the live release as it is.
    """
    from deploy import session
    from deploy.agent.words import Restart

    site = registry(env)
    intention = Restart(pool=named(pool, site), stamp=session.stamp())
    carry_out(site, session.limited(site, only, limit), context, intention, plan)


@told("keep", "env", "only", "plan", "limit")
def prune(
    context: Any,
    keep: str = "5",
    env: str = "",
    only: str = "",
    plan: bool = False,
    limit: str = "",
) -> None:
    """Remove the oldest releases from the servers, and what only they used.

    What is live, and what still runs, stays.
    """
    from deploy import session
    from deploy.agent.words import Prune

    intention = Prune(keep=whole("keep", keep, 1, 1000), stamp=session.stamp())
    site = registry(env)
    carry_out(site, session.limited(site, only, limit), context, intention, plan)


def carry_out(site: Site, only: str, context: Any, intention: Intention, plan: bool) -> None:
    """Do it on the servers, or show it."""
    from deploy import doing
    from deploy.console import Live

    with Live() as live, linked(site, only, context) as fleet:
        if plan:
            doing.show(fleet, intention, live)
        else:
            doing.do(fleet, intention, live)


def named(pool: str, site: Site) -> str:
    """Return the name of a pool that there is; raises `DeployError` naming those."""
    there = [one.name for one in site.pools]
    if pool not in there:
        raise DeployError(f"there is no pool {pool!r}; there are {', '.join(there)}")
    return pool


@told("state", "app", "allow", "for_", "env", "only", "plan", "limit")
def maintenance(
    context: Any,
    state: str,
    app: str = "",
    allow: str = "",
    for_: str = "10",
    env: str = "",
    only: str = "",
    plan: bool = False,
    limit: str = "",
) -> None:
    """Close all apps to visitors, or one, or open them again: fab maintenance on --app wiki.

    Visitors get a page, or JSON, with status 503. It stays until it is off, also when
    something is deployed or a server boots.
    """
    from deploy import session
    from deploy.agent.words import Maintenance

    if state not in ("on", "off"):
        raise DeployError(f"write on or off, not {state!r}")
    site = registry(env)
    if app:
        pool_of(site, app)
    intention = Maintenance(
        on=state == "on",
        app=app,
        allow=networks(allow),
        minutes=whole("for", for_, 1, 10_080),
        stamp=session.stamp(),
    )
    carry_out(site, session.limited(site, only, limit), context, intention, plan)


def networks(written: str) -> tuple[str, ...]:
    """Return the addresses between commas; raises `DeployError` for one that is none."""
    from deploy.agent.words import network

    found = []
    for one in filter(None, (one.strip() for one in written.split(","))):
        try:
            found.append(network(one))
        except ValueError as error:
            raise DeployError(f"--allow: {error}") from None
    return tuple(found)

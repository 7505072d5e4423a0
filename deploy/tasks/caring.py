"""Care for servers between deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.errors import DeployError
from deploy.tasks.options import told, whole
from deploy.tasks.project import linked, registry, serving

if TYPE_CHECKING:
    from deploy.protocol.words import Intention
    from dispatcher.registry.site import Site


@told("pool", "env", "only", "plan", "limit")
def restart(
    context: Any, pool: str, env: str = "", only: str = "", plan: bool = False, limit: str = ""
) -> None:
    """Give a pool new processes, without losing a request.

    They start from nothing, with the live release and the secrets that are set now. Its workers
    and its schedule begin anew too, once each has ended what it began.
    """
    from deploy.fleet import session
    from deploy.protocol.words import Restart

    site = registry(env)
    intention = Restart(pool=named(pool, site), stamp=session.stamp())
    carry_out(site, serving(site, only), context, intention, plan, limit)


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
    from deploy.fleet import session
    from deploy.protocol.words import Prune

    intention = Prune(keep=whole("keep", keep, 1, 1000), stamp=session.stamp())
    site = registry(env)
    carry_out(site, only, context, intention, plan, limit)


def carry_out(
    site: Site, only: str, context: Any, intention: Intention, plan: bool, limit: str = ""
) -> None:
    """Do it on the servers, or show it."""
    from deploy.fleet import doing
    from deploy.fleet.console import Live

    with Live() as live, linked(site, only, context, limit=limit) as fleet:
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

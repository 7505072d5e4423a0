"""Close apps for maintenance, and open them again."""

from __future__ import annotations

from typing import Any

from deploy.errors import DeployError
from deploy.tasks.caring import carry_out
from deploy.tasks.options import show, told, whole
from deploy.tasks.project import linked, pool_of, registry


@told("state", "app", "allow", "for_", "env", "only", "plan", "limit", "json")
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
    json: bool = False,
) -> None:
    """Close all apps to visitors, or one, or open them again: fab maintenance on --app wiki.

    Visitors get a page, or JSON, with status 503. It stays until it is off, also when
    something is deployed or a server boots. fab maintenance status tells what is closed.
    """
    from deploy.fleet import session
    from deploy.protocol.words import Maintenance
    from deploy.reports import maintenance

    if state not in ("on", "off", "status"):
        raise DeployError(f"write on, off or status, not {state!r}")
    site = registry(env)
    if app:
        pool_of(site, app)
    if state == "status":
        with linked(site, only, context, limit=limit) as fleet:
            rows = maintenance.rows(fleet.each(lambda link: link.look()))
        show([row for row in rows if row["app"] in ("", app) or not app], maintenance.table, json)
        return
    intention = Maintenance(
        on=state == "on",
        app=app,
        allow=networks(allow),
        minutes=whole("for", for_, 1, 10_080),
        stamp=session.stamp(),
    )
    carry_out(site, only, context, intention, plan, limit)


def networks(written: str) -> tuple[str, ...]:
    """Return the addresses between commas; raises `DeployError` for one that is none."""
    from deploy.protocol.words import network

    found = []
    for one in filter(None, (one.strip() for one in written.split(","))):
        try:
            found.append(network(one))
        except ValueError as error:
            raise DeployError(f"--allow: {error}") from None
    return tuple(found)

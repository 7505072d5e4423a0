"""Look at certificates, and ask for them now."""

from __future__ import annotations

import sys
from typing import Any

from deploy.errors import DeployError
from deploy.tasks.caring import carry_out
from deploy.tasks.options import show, told
from deploy.tasks.project import linked, registry


@told("renew", "host", "env", "only", "plan", "limit", "json")
def certificates(
    context: Any,
    renew: bool = False,
    host: str = "",
    env: str = "",
    only: str = "",
    plan: bool = False,
    limit: str = "",
    json: bool = False,
) -> None:
    """List the certificates of the hosts, the days left of each, and what is wrong.

    With --renew, those that are missing or due are asked for first, without waiting any longer
    after a failure; with --host as well, that host's though it holds. Exits with 1 where one is
    missing or ends soon.
    """
    from datetime import UTC, datetime

    from deploy.fleet import session
    from deploy.protocol.words import Renew
    from deploy.reports import certificates

    site = registry(env)
    only = session.of_visitors(site, only)
    if not renew and (plan or host):
        raise DeployError("--plan and --host go with --renew")
    if host and site.tls and site.tls.own(host):
        raise DeployError(f"{host} has a certificate of your own, which nobody here asks for")
    if renew:
        carry_out(site, only, context, Renew(host=host, stamp=session.stamp()), plan, limit)
    if plan:
        return
    with linked(site, only, context, limit=limit) as fleet:
        rows = certificates.rows(fleet.each(lambda link: link.look()), datetime.now(UTC))
    show(rows, certificates.table, json)
    if any(row["level"] == "wrong" for row in rows):
        sys.exit(1)

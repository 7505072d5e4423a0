"""Run commands of the live release on servers."""

from __future__ import annotations

import shlex
import sys
from typing import Any

from deploy.tasks.options import told
from deploy.tasks.project import linked, pool_of, registry


@told("app", "command", "env", "only", "each", name="exec")
def execute(
    context: Any, app: str, command: str, env: str = "", only: str = "", each: bool = False
) -> None:
    """Run a command as an app's pool would, on the first server, or on each.

    As in: fab exec shop "flask routes". It has the release's programs, and the pool's user,
    sandbox, data and secrets. Exits as the command does.
    """
    from deploy import session
    from deploy.errors import PlanError

    site = registry(env)
    pool_of(site, app)
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise PlanError(f"cannot tell the words of {command!r}: {error}") from None
    servers = session.chosen(site, only)
    names = ",".join(one.name for one in (servers if each else servers[:1]))
    with linked(site, names, context) as fleet:
        several = len(fleet.servers) > 1
        ends = fleet.each(lambda link: link.execute(app, words, several=several))
    if code := max(ends.values()):
        sys.exit(code)

"""Run commands of the live release on servers."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Any

from deploy.tasks.options import told
from deploy.tasks.project import linked, pool_of, registry

if TYPE_CHECKING:
    from deploy.written import Sink


@told("app", "command", "env", "only", "each", "json", "limit", name="exec")
def execute(
    context: Any,
    app: str,
    command: str,
    env: str = "",
    only: str = "",
    each: bool = False,
    json: bool = False,
    limit: str = "",
) -> None:
    """Run a command as an app's pool would, on the first server, or on each.

    As in: fab exec shop "flask routes". It has the release's programs, and the pool's user,
    sandbox, data and secrets. Exits as the command does.
    """
    from deploy import session
    from deploy.errors import PlanError
    from deploy.written import STREAMS, Kept, Written

    site = registry(env)
    pool_of(site, app)
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise PlanError(f"cannot tell the words of {command!r}: {error}") from None
    names = session.limited(site, only, limit if each else "1")
    servers = [server.name for server in session.chosen(site, names)]
    kept = {name: {kind: Kept() for kind in STREAMS} for name in servers}

    def streams(name: str) -> Mapping[str, Sink]:
        start = f"{name}  " if len(servers) > 1 else ""
        return kept[name] if json else {kind: Written(kind, start) for kind in STREAMS}

    with linked(site, names, context) as fleet:
        ends = fleet.each(lambda link: link.execute(app, words, streams(link.name)))
    if json:
        rows = [
            {"server": name, "exit": ends[name], **{kind: one.text for kind, one in said.items()}}
            for name, said in kept.items()
        ]
        print(dumps(rows, indent=2))
    if code := max(ends.values()):
        sys.exit(code)

"""Run commands of the live release on servers."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Any

from deploy.tasks.options import told
from deploy.tasks.project import linked, pool_of, registry, serving

if TYPE_CHECKING:
    from deploy.remote.written import Sink
    from dispatcher.registry.site import Site


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
    sandbox, data and secrets. Without --each or --json it reads what is typed or piped in here.
    Exits as the command does.
    """
    from deploy.errors import PlanError
    from deploy.fleet import session
    from deploy.remote.written import STREAMS, Kept, Written

    site = registry(env)
    pool_of(site, app)
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise PlanError(f"cannot tell the words of {command!r}: {error}") from None
    if not (each or json):
        converse(context, site, app, words, only)
        return
    names = session.limited(site, serving(site, only), limit if each else "1")
    servers = [server.name for server in session.chosen(site, names)]
    kept = {name: {kind: Kept() for kind in STREAMS} for name in servers}

    def streams(name: str) -> Mapping[str, Sink]:
        return kept[name] if json else Written.each(f"{name}  " if len(servers) > 1 else "")

    with linked(site, names, context) as fleet:
        ends = fleet.each(
            lambda link: link.execute(app, words, streams(link.name)),
            interrupted=lambda link: link.close(),
        )
    if json:
        rows = [
            {"server": name, "exit": ends[name], **{kind: one.text for kind, one in said.items()}}
            for name, said in kept.items()
        ]
        print(dumps(rows, indent=2))
    if code := max(ends.values()):
        sys.exit(code)


@told("app", "tenant", "env", "only")
def shell(context: Any, app: str, tenant: str = "", env: str = "", only: str = "") -> None:
    """Open a Python shell with an app as it is on the first server.

    As `dispatcher shell` does here; it is the pool's, as with `fab exec`. Ctrl-D ends it.
    """
    site = registry(env)
    pool_of(site, app)
    words = ["python", "-m", "dispatcher.jobs.shell", app, *filter(None, [tenant])]
    converse(context, site, app, words, only)


def converse(context: Any, site: Site, app: str, words: list[str], only: str) -> None:
    """Run it on the first server as if it were here."""
    from deploy.protocol.commands import Exec
    from deploy.remote import typed

    request = Exec(app=app, argv=tuple(words), terminal=typed.terminal())
    with linked(site, serving(site, only), context, limit="1") as fleet:
        code = fleet.servers[0].converse(request)
    if code:
        sys.exit(code)

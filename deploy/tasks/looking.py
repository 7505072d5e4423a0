"""Look at servers, changing nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from deploy.tasks.options import show, told, whole
from deploy.tasks.project import KNOWN_HOSTS, ROOT, SITE, linked, pool_of, registry, serving

if TYPE_CHECKING:
    from deploy.checks.finding import Seen
    from deploy.errors import DeployError

    Found = dict[str, Seen | DeployError]


@told("env", "only", "json", "limit")
def status(
    context: Any, env: str = "", only: str = "", json: bool = False, limit: str = ""
) -> None:
    """Show each server: its release, what runs, and what is wrong.

    Exits with 1 where something is wrong, with 0 where there are only warnings.
    """
    from deploy.reports import status

    rows = status.rows(visited(context, env, only, limit, thorough=False))
    show(rows, status.table, json)
    exit_as(rows)


@told("env", "only", "json", "limit")
def doctor(
    context: Any, env: str = "", only: str = "", json: bool = False, limit: str = ""
) -> None:
    """Check servers, before `fab bootstrap` and after it, and say what to do.

    Changes nothing. Exits with 1 where something is wrong, with 0 where there are only warnings.
    """
    from deploy.reports import doctor

    rows = doctor.rows(visited(context, env, only, limit, thorough=True))
    show(rows, doctor.table, json)
    exit_as(rows)


def visited(context: Any, env: str, only: str, limit: str, *, thorough: bool) -> Found:
    """Look at the servers, as far as they can be reached."""
    from deploy.building import build
    from deploy.fleet import session, visiting

    site = registry(env)
    text, agent = SITE.read_text("utf-8"), build.agent_name(ROOT)
    visit = visiting.Visit(site, text, agent, context.config, KNOWN_HOSTS, thorough)
    return visit.everywhere(session.limited(site, only, limit))


def exit_as(rows: list[dict[str, Any]]) -> None:
    """End with 1 where something is wrong."""
    if any(finding["level"] == "wrong" for row in rows for finding in row["findings"]):
        sys.exit(1)


@told("env", "only", "json", "limit")
def releases(
    context: Any, env: str = "", only: str = "", json: bool = False, limit: str = ""
) -> None:
    """List the releases on each server, newest first."""
    from deploy.reports import releases

    site = registry(env)
    with linked(site, only, context, limit=limit) as fleet:
        rows = releases.rows(fleet.each(lambda link: link.look()))
    show(rows, releases.table, json)


@told("env", "only", "json", "lines", "limit")
def history(
    context: Any,
    env: str = "",
    only: str = "",
    json: bool = False,
    lines: str = "100",
    limit: str = "",
) -> None:
    """Show who did what on each server, when, and how it ended; newest last.

    The history is a chain of hashes: a line that was changed or taken out is shown, and the
    exit status is 1.
    """
    from deploy.reports.history import table

    most, site = whole("lines", lines, 1, 1_000_000), registry(env)
    with linked(site, only, context, limit=limit) as fleet:
        told = fleet.each(lambda link: link.history())
    for one in told.values():
        one["records"] = one["records"][-most:]
    show([{"server": name, **one} for name, one in told.items()], table, json)
    if any(one["broken"] for one in told.values()):
        sys.exit(1)


@told("app", "env", "only", "lines", "follow", "jobs", "limit")
def logs(
    context: Any,
    app: str,
    env: str = "",
    only: str = "",
    lines: str = "50",
    follow: bool = False,
    jobs: bool = False,
    limit: str = "",
) -> None:
    """Show the last log lines of an app on every server, and with -f those to come."""
    from deploy import loglines
    from deploy.protocol.words import Logs

    site = registry(env)
    pool = pool_of(site, app)
    most = whole("lines", lines, 0, 100_000)
    asked = Logs(pool=pool, app=app, lines=most, follow=follow, jobs=jobs)
    with linked(site, serving(site, only), context, limit=limit) as fleet:
        fleet.each(
            lambda link: link.logs(asked, lambda text: loglines.show(link.name, text)),
            interrupted=lambda link: link.close(),
        )

"""``fab --list`` shows what can be done. Each task looks, plans, and acts."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from json import dumps
from pathlib import Path
from typing import Any

from fabric import task
from invoke.exceptions import Exit

from deploy import build, ground, plans, report, session, ssh
from deploy.console import Live
from deploy.errors import DeployError
from dispatcher.faults import RegistryError
from dispatcher.registry import load

ROOT = Path(__file__).parent
SITE = Path("site.toml")


def told(body: Callable[..., None]) -> Callable[..., None]:
    """Make a task whose expected errors are messages, not tracebacks."""

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            body(*args, **kwargs)
        except (DeployError, RegistryError) as error:
            raise Exit(str(error), 1) from None

    return task(run)  # type: ignore[no-any-return]


@told
def trust(context: Any, env: str = "", only: str = "", yes: bool = False) -> None:
    """Show the host keys of new servers and pin them in ./known_hosts.

    Compare each fingerprint with what the server's console or provider shows. --yes
    accepts them unseen.
    """
    for server in session.chosen(load(SITE, env), only):
        name, key = ssh.host_key(server, context.config)
        print(f"{server.name}  {name}  {key.get_name()}  {ssh.fingerprint(key)}")
        if ssh.pinned(session.KNOWN_HOSTS, name, key):
            print("  is pinned already")
        elif yes or input("  Is this the server's own key? [y/N] ").lower() in ("y", "yes"):
            ssh.pin(session.KNOWN_HOSTS, name, key)
            print(f"  pinned; commit {session.KNOWN_HOSTS}")


@told
def bootstrap(context: Any, env: str = "", only: str = "", plan: bool = False) -> None:
    """Make bare Debian servers ready: packages, users, folders, nginx, units.

    Changes only what is not as it should be; --plan shows that and does nothing.
    """
    site = load(SITE, env)
    with Live() as live, session.opened(site, only, context.config, lock=not plan) as servers:
        servers.each(ground.need_python)
        found = servers.look()
        toolbox = build.toolbox(ROOT, session.targets(found))
        made = servers.plan(
            lambda remote: plans.bootstrap(servers.at, site, toolbox, found[remote], remote.user)
        )
        if session.settle(made, live, only_show=plan) and not plan:
            live.say("The servers are ready; next: fab deploy")


@told
def pack(context: Any) -> None:  # noqa: ARG001 - Fabric's signature
    """Build the release of the last commit into ./dist, without any server."""
    commit = build.head(ROOT)
    with Live() as live:
        bundle = build.bundle(ROOT, commit, [build.Target()])
        left_out(live)
    for file in bundle.files:
        print(f"{file.sha256}  {file.path}")


@told
def deploy(context: Any, env: str = "", only: str = "", plan: bool = False) -> None:
    """Put the last commit live on the servers: on all of them, or on none.

    --plan shows what would be done and does nothing; --only takes names of servers,
    with commas between.
    """
    commit = build.head(ROOT)
    site = load(SITE, env)
    with Live() as live, ThreadPoolExecutor(1) as aside:
        left_out(live)
        building = aside.submit(build.source, ROOT, commit)  # while the servers are looked at
        with session.opened(site, only, context.config, lock=not plan) as servers:
            found = servers.look()
            targets = session.targets(found)
            building.result()
            bundle = build.bundle(ROOT, commit, targets)
            toolbox = build.toolbox(ROOT, targets)
            stamp = session.stamp()
            made = servers.plan(
                lambda remote: plans.deploy(servers.at, site, bundle, toolbox, found[remote], stamp)
            )
            if session.settle(made, live, only_show=plan) and not plan:
                live.say(f"{bundle.id} is live: {report.addresses(site)}")


@told
def rollback(context: Any, env: str = "", only: str = "", to: str = "", plan: bool = False) -> None:
    """Make the release from before live again, or the one named with --to."""
    site = load(SITE, env)
    with Live() as live, session.opened(site, only, context.config, lock=not plan) as servers:
        found = servers.look()
        made = servers.plan(lambda remote: plans.rollback(servers.at, found[remote], to))
        session.settle(made, live, only_show=plan)


@told
def status(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """Show each server: its live release, what runs, and what is not as it should be."""
    site = load(SITE, env)
    with session.opened(site, only, context.config, lock=False) as servers:
        rows = report.status(servers.at, site, servers.look())
    show(rows, report.status_table, json)
    if any(row["faults"] for row in rows):
        sys.exit(1)


@told
def releases(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """List the releases on each server, newest first, and which is live."""
    site = load(SITE, env)
    with session.opened(site, only, context.config, lock=False) as servers:
        rows = report.releases(servers.look())
    show(rows, report.releases_table, json)


@told
def logs(
    context: Any, app: str, env: str = "", only: str = "", lines: int = 50, follow: bool = False
) -> None:
    """Show the last log lines of an app on every server; --follow goes on until Ctrl-C."""
    site = load(SITE, env)
    words = report.journal(site, app, lines, follow)
    with session.opened(site, only, context.config, lock=False) as servers:
        servers.each(lambda remote: remote.stream(words, lambda line: report.line(remote, line)))


def show(rows: list[dict[str, Any]], table: Callable[..., None], as_json: bool) -> None:
    print(dumps(rows, indent=2)) if as_json else table(rows)


def left_out(live: Live) -> None:
    """Say what is not committed: a release is a commit, so it lacks that."""
    changed = build.uncommitted(ROOT)
    if SITE.name in changed:
        raise DeployError("site.toml has changes that are not committed; commit them first")
    if changed:
        live.say(f"Not in the release, for it is not committed: {', '.join(changed[:5])}")

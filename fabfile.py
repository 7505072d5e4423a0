"""``fab --list`` shows what can be done. Each task looks, plans, and acts.

A task imports what it needs: `deploy` builds the release while it does.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabric import task
from invoke.exceptions import Exit

from deploy import build, commit
from deploy.errors import DeployError
from dispatcher.faults import RegistryError

if TYPE_CHECKING:
    from deploy.console import Live
    from dispatcher.site import Site

ROOT = Path(os.path.relpath(Path(__file__).parent))
SITE = ROOT / "site.toml"
KNOWN_HOSTS = ROOT / "known_hosts"
"""The project's own, to be committed: the whole team trusts the same keys."""

HELP = {
    "env": "the environment of site.toml to use; without it, the site as it is there",
    "only": "names of servers, with commas between; without it, all of them",
    "plan": "show what would be done, and do nothing",
    "json": "print JSON instead of a table",
    "yes": "take each key for the server's own without asking",
    "to": "the release to go back to, as `fab releases` lists it",
    "app": "the app's name in site.toml",
    "lines": "how many lines of each server to begin with",
    "follow": "go on until Ctrl-C",
}


def told(*options: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a task with these options whose expected errors are messages, not tracebacks."""

    def made(body: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(body)
        def run(*args: Any, **kwargs: Any) -> None:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: take back
            try:
                body(*args, **kwargs)
            except (DeployError, RegistryError) as error:
                raise Exit(str(error), 1) from None
            except KeyboardInterrupt:
                raise Exit("Interrupted.", 130) from None

        return task(run, help={name: HELP[name] for name in options})  # type: ignore[no-any-return]

    return made


@told("env", "only", "yes")
def trust(context: Any, env: str = "", only: str = "", yes: bool = False) -> None:
    """Show the host keys of new servers and pin them in known_hosts.

    Compare each fingerprint with what the server's console or provider shows.
    """
    from deploy import hostkeys, session, ssh

    for server in session.chosen(registry(env), only):
        name, key = ssh.host_key(server, context.config)
        print(f"{server.name}  {name}  {key.get_name()}  {key.fingerprint}")
        known = hostkeys.pinned(KNOWN_HOSTS, name).get(key.get_name())
        if known == key:
            print("  is pinned already")
        elif known is not None:
            raise DeployError(
                f"{server.name}: another key is pinned, {known.fingerprint}: another machine may "
                f"answer in its name. If it was made anew, remove {name} from {KNOWN_HOSTS}"
            )
        elif yes or agreed("  Is this the server's own key? [y/N] "):
            hostkeys.pin(KNOWN_HOSTS, name, key)
            print(f"  pinned; commit {KNOWN_HOSTS}")


@told("env", "only", "plan")
def bootstrap(context: Any, env: str = "", only: str = "", plan: bool = False) -> None:
    """Make bare Debian servers ready: packages, users, folders, nginx.

    Changes only what is not as it should be; run it again whenever you like.
    """
    from deploy import ground, keys, plans, session
    from deploy.console import Live

    site = registry(env)
    with Live() as live, opened(site, only, context, lock=not plan) as servers:
        servers.each(lambda remote: ground.need_python(remote, install=not plan))
        found = servers.fit()
        toolbox = build.toolbox(ROOT, session.targets(found))
        everyone = len(servers.remotes) == len(site.servers)
        secret = keys.common(servers.at, found, all_there=everyone)
        made = servers.each(
            lambda remote: plans.bootstrap(
                servers.at, site, toolbox, found[remote], remote.user, secret
            )
        )
        if session.settle(made, live, only_show=plan) and not plan:
            live.say("The servers are ready; next: fab deploy")


@told()
def pack(context: Any) -> None:  # noqa: ARG001 - Fabric's signature
    """Build the release of the last commit into dist, without any server."""
    from deploy.console import Live

    last = commit.head(ROOT)
    with Live() as live:
        left_out(live)
        bundle = build.bundle(ROOT, last, [build.Target()])
    dist = (ROOT / build.DIST).resolve()
    print(f"{bundle.id}, version {bundle.version}, in {dist}")
    for file in bundle.files:
        print(f"{file.sha256}  {file.path.resolve().relative_to(dist)}")


@told("env", "only", "plan")
def deploy(context: Any, env: str = "", only: str = "", plan: bool = False) -> None:
    """Put the last commit live on all servers, or on none.

    A failure takes back everything, on every server.
    """
    last = commit.head(ROOT)
    with ThreadPoolExecutor(1) as aside:
        building = aside.submit(build.source, ROOT, last)  # meanwhile the servers are looked at
        from deploy import plans, report, secrets, session
        from deploy.console import Live

        site = registry(env)
        with Live() as live:
            left_out(live)
            with opened(site, only, context, lock=not plan) as servers:
                found = servers.fit()
                secrets.refuse_different(servers.at, found.values())
                targets = session.targets(found)
                toolbox = build.toolbox(ROOT, targets)
                building.result()
                bundle = build.bundle(ROOT, last, targets)
                stamp = session.stamp()
                made = servers.each(
                    lambda remote: plans.deploy(
                        servers.at, site, bundle, toolbox, found[remote], stamp
                    )
                )
                if session.settle(made, live, only_show=plan) and not plan:
                    live.say(f"{bundle.id} is live: {report.addresses(site)}")


@told("env", "only", "to", "plan")
def rollback(context: Any, env: str = "", only: str = "", to: str = "", plan: bool = False) -> None:
    """Make the release that was live before live again, or another."""
    from deploy import plans, session
    from deploy.console import Live

    site = registry(env)
    with Live() as live, opened(site, only, context, lock=not plan) as servers:
        found = servers.look()
        goals = servers.each(lambda remote: plans.goal(found[remote], to))
        session.refuse_different(goals)
        made = servers.each(lambda remote: plans.rollback(servers.at, found[remote], goals[remote]))
        if not session.settle(made, live, only_show=plan):
            raise DeployError("nothing was rolled back")


@told("env", "plan")
def rotate(context: Any, env: str = "", plan: bool = False) -> None:
    """Give all servers a new master key, of which each app's secret is made.

    The next release that is deployed signs with it. What was signed with the two keys
    before it, sessions and links, is still taken.
    """
    from deploy import keys, plans, session
    from deploy.console import Live

    site = registry(env)
    with Live() as live, opened(site, "", context, lock=not plan) as servers:
        found = servers.look()
        secret = keys.rotated(servers.at, found)
        made = servers.each(lambda _: plans.rotate(servers.at, secret))
        if session.settle(made, live, only_show=plan) and not plan:
            live.say("The next release that is deployed signs with the new key.")


@told("env", "only", "json")
def status(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """Show each server: its release, what runs, and what is wrong.

    Exits with 1 where something is.
    """
    from deploy import report, session

    site = registry(env)
    found = session.survey(site, only, context.config, KNOWN_HOSTS)
    rows = report.status(site, found)
    show(rows, report.status_table, json)
    if any(row["faults"] for row in rows):
        sys.exit(1)


@told("env", "only", "json")
def releases(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """List the releases on each server, newest first."""
    from deploy import report

    site = registry(env)
    with opened(site, only, context, lock=False) as servers:
        rows = report.releases(servers.look())
    show(rows, report.releases_table, json)


@told("app", "env", "only", "lines", "follow")
def logs(
    context: Any, app: str, env: str = "", only: str = "", lines: int = 50, follow: bool = False
) -> None:
    """Show the last log lines of an app on every server."""
    from deploy import report

    site = registry(env)
    words = report.journal(site, app, lines, follow)
    with opened(site, only, context, lock=False) as servers:
        servers.each(lambda remote: remote.stream(words, lambda line: report.line(remote, line)))


def registry(env: str) -> Site:
    from dispatcher.registry import load

    return load(SITE, env)


def opened(site: Any, only: str, context: Any, *, lock: bool) -> Any:
    from deploy import session

    return session.opened(site, only, context.config, KNOWN_HOSTS, lock=lock)


def show(rows: list[dict[str, Any]], table: Callable[..., None], as_json: bool) -> None:
    print(dumps(rows, indent=2)) if as_json else table(rows)


def agreed(question: str) -> bool:
    """Ask a person; raises `DeployError` where there is none."""
    try:
        return input(question).lower() in ("y", "yes")
    except EOFError:
        print()
        raise DeployError(
            "there is nobody to ask; compare the fingerprint and run: fab trust --yes"
        ) from None


def left_out(live: Live) -> None:
    """Say what is not committed: a release is a commit, so it lacks that."""
    changed = commit.uncommitted(ROOT)
    if SITE.name in changed:
        raise DeployError("site.toml has changes that are not committed; commit them first")
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        live.say(f"Not in the release, for it is not committed: {', '.join(changed[:5])}{more}")

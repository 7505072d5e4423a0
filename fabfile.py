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
from dispatcher.registry.faults import RegistryError

if TYPE_CHECKING:
    from deploy.console import Live
    from dispatcher.registry.site import Site

ROOT = Path(os.path.relpath(Path(__file__).parent))
SITE = ROOT / "site.toml"
KNOWN_HOSTS = ROOT / "known_hosts"
"""The project's own, to be committed: the whole team trusts the same keys."""

HELP = {
    "env": "the environment of site.toml to use; without it, the site as it is there",
    "only": "names of servers, with commas between; without it, all of them",
    "canary": "names of servers that go live, and are watched, before the others do",
    "watch": "seconds to watch it for once it is live; without it, watch_seconds of site.toml",
    "plan": "show what would be done, and do nothing",
    "json": "print JSON instead of a table",
    "yes": "take each key for the server's own without asking",
    "user": "who to be there, with sudo for everything, instead of the user in site.toml",
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


@told("env", "only", "user", "plan")
def bootstrap(
    context: Any, env: str = "", only: str = "", user: str = "", plan: bool = False
) -> None:
    """Make bare Debian servers ready: packages, users, folders, nginx, the agent.

    Changes only what is not as it should be; run it again whenever you like. It needs root,
    or a user with full sudo: name that with --user, and the user of site.toml is made, who
    may do nothing as root but ask the agent.
    """
    from deploy import fleet, ground, keys, plans, session
    from deploy.console import Live

    site = registry(env)
    rooted = session.rooted(site, only, context.config, KNOWN_HOSTS, lock=not plan, user=user)
    with Live() as live, rooted as servers:
        servers.each(lambda remote: ground.need_python(remote, install=not plan))
        found = session.fit(servers)
        agent = build.agent(ROOT, session.targets_of(found.values()))
        everyone = len(servers.servers) == len(site.servers)
        by_server = {remote: found[remote.name] for remote in servers.servers}
        secret = keys.common(servers.at, by_server, all_there=everyone)
        made = servers.each(
            lambda remote: plans.bootstrap(
                servers.at, site, agent, found[remote.name], session.deployer(site, remote), secret
            )
        )
        wanted = []
        for remote in servers.servers:
            todo = made[remote.name]
            if not tuple(todo):
                live.say(f"{remote.name}: {todo}: nothing to do")
            elif plan:
                live.say(f"{remote.name}: {todo}")
            else:
                wanted.append((remote, todo))
        fleet.carry_out(wanted, live)
        if wanted:
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
    print(f"{bundle.what.id}, version {bundle.what.version}, in {dist}")
    for file in bundle.what.files:
        print(f"{file.sha256}  {bundle.paths[file.sha256].resolve().relative_to(dist)}")


@told("env", "only", "canary", "watch", "plan")
def deploy(
    context: Any,
    env: str = "",
    only: str = "",
    canary: str = "",
    watch: str = "",
    plan: bool = False,
) -> None:
    """Put the last commit live on all servers, or on none.

    A failure takes back everything, on every server; so does a release that is worse than
    the one before while it is watched.
    """
    last = commit.head(ROOT)
    with ThreadPoolExecutor(1) as aside:
        building = aside.submit(build.source, ROOT, last)  # meanwhile the servers are reached
        from deploy import doing, report, session
        from deploy.agent.words import Deploy
        from deploy.console import Live

        site = registry(env)
        with Live() as live:
            left_out(live)
            with linked(site, only, context) as fleet:
                session.refuse_other_agents(fleet, build.agent_name(ROOT))
                building.result()
                bundle = build.bundle(ROOT, last, session.targets(fleet))
                intention = Deploy(
                    registry=SITE.read_text("utf-8"),
                    environment=env,
                    bundle=bundle.what,
                    watch=seconds(watch, site.watch_seconds),
                    stamp=session.stamp(),
                )
                first = frozenset(server.name for server in session.named(site, canary))
                if plan:
                    doing.show(fleet, intention, live)
                elif doing.do(fleet, intention, live, bundle.paths, first):
                    live.say(f"{bundle.what.id} is live: {report.addresses(site)}")


@told("env", "only", "to", "watch", "plan")
def rollback(
    context: Any,
    env: str = "",
    only: str = "",
    to: str = "",
    watch: str = "",
    plan: bool = False,
) -> None:
    """Make the release that was live before live again, or another."""
    from deploy import doing, plans, session
    from deploy.agent.words import Rollback
    from deploy.console import Live

    site = registry(env)
    with Live() as live, linked(site, only, context) as fleet:
        found = fleet.each(lambda link: link.look())
        goals = fleet.each(lambda link: plans.goal(found[link.name], to))
        target = plans.common(goals)
        intention = Rollback(to=target.id, watch=seconds(watch, 0), stamp=session.stamp())
        if plan:
            doing.show(fleet, intention, live)
        elif not doing.do(fleet, intention, live):
            raise DeployError("nothing was rolled back")


@told("env", "only")
def attach(context: Any, env: str = "", only: str = "") -> None:
    """Follow what was begun on the servers, and bring it to its end.

    For a deployment whose `fab deploy` is gone: it waits a minute for somebody who tells it
    to go on, and takes itself back then.
    """
    from deploy import doing
    from deploy.console import Live

    with Live() as live, linked(registry(env), only, context) as fleet:
        if not doing.resume(fleet, live):
            live.say("Nothing goes on; `fab history` shows what did.")


@told("env", "only", "json")
def history(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """Show who did what on each server, when, and how it ended; newest last.

    The history is a chain of hashes: a line that was changed or taken out is shown, and the
    exit status is 1.
    """
    from deploy import report

    with linked(registry(env), only, context) as fleet:
        told = fleet.each(lambda link: link.history())
    show([{"server": name, **one} for name, one in told.items()], report.history_table, json)
    if any(one["broken"] for one in told.values()):
        sys.exit(1)


@told("env", "plan")
def rotate(context: Any, env: str = "", plan: bool = False) -> None:
    """Give all servers a new master key, of which each app's secret is made.

    The next release that is deployed signs with it. What was signed with the two keys
    before it, sessions and links, is still taken.
    """
    from pydantic import SecretStr

    from deploy import doing, keys, session
    from deploy.agent.words import Rotate
    from deploy.console import Live

    site = registry(env)
    with Live() as live, linked(site, "", context) as fleet:
        intention = Rotate(key=SecretStr(keys.fresh()), stamp=session.stamp())
        if plan:
            doing.show(fleet, intention, live)
        elif doing.do(fleet, intention, live):
            live.say("The next release that is deployed signs with the new key.")


@told("env", "only", "json")
def status(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """Show each server: its release, what runs, and what is wrong.

    Exits with 1 where something is.
    """
    from deploy import report, session

    site = registry(env)
    text = SITE.read_text("utf-8")
    found = session.survey(site, only, context.config, KNOWN_HOSTS, text)
    rows = report.status(site, found)
    show(rows, report.status_table, json)
    if any(row["faults"] for row in rows):
        sys.exit(1)


@told("env", "only", "json")
def releases(context: Any, env: str = "", only: str = "", json: bool = False) -> None:
    """List the releases on each server, newest first."""
    from deploy import report

    with linked(registry(env), only, context) as fleet:
        rows = report.releases(fleet.each(lambda link: link.look()))
    show(rows, report.releases_table, json)


@told("app", "env", "only", "lines", "follow")
def logs(
    context: Any, app: str, env: str = "", only: str = "", lines: int = 50, follow: bool = False
) -> None:
    """Show the last log lines of an app on every server."""
    from deploy import report
    from deploy.agent.words import Logs

    site = registry(env)
    asked = Logs(pool=report.pool_of(site, app), app=app, lines=lines, follow=follow)
    with linked(site, only, context) as fleet:
        fleet.each(lambda link: link.logs(asked, lambda text: report.line(link.name, text)))


def registry(env: str) -> Site:
    from dispatcher.registry.site_toml import load

    return load(SITE, env)


def linked(site: Any, only: str, context: Any) -> Any:
    from deploy import session
    from deploy.errors import UNTOUCHED

    return session.linked(site, only, context.config, KNOWN_HOSTS, UNTOUCHED)


def seconds(given: str, default: float) -> float:
    """Return an option in seconds; raises `DeployError` for what is none."""
    try:
        found = float(given) if given else default
    except ValueError:
        found = -1
    if not 0 <= found <= 3600:
        raise DeployError(f"--watch {given} is no number of seconds from 0 to 3600")
    return found


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

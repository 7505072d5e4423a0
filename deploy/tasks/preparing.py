"""Make servers ready, before anything is deployed to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.errors import DeployError
from deploy.tasks.options import agreed, told
from deploy.tasks.project import KNOWN_HOSTS, ROOT, registry

if TYPE_CHECKING:
    from deploy.acting.steps import Plan
    from deploy.remote.ssh import Remote


@told("env", "only", "yes", "limit")
def trust(context: Any, env: str = "", only: str = "", yes: bool = False, limit: str = "") -> None:
    """Show the host keys of new servers and pin them in known_hosts.

    Compare each fingerprint with what the server's console or provider shows.
    """
    from deploy.fleet import session
    from deploy.remote import hostkeys, ssh

    site = registry(env)
    for server in session.chosen(site, session.limited(site, only, limit)):
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


@told("env", "only", "user", "plan", "limit")
def bootstrap(
    context: Any,
    env: str = "",
    only: str = "",
    user: str = "",
    plan: bool = False,
    limit: str = "",
) -> None:
    """Make bare Debian servers ready: packages, users, folders, nginx, the agent.

    Changes only what is not as it should be; run it again whenever you like. It needs root,
    or a user with full sudo: name that with --user, and the user of site.toml is made, who
    may do nothing as root but ask the agent.
    """
    from deploy.building import build
    from deploy.fleet import bootstrapping, keys, session
    from deploy.fleet.console import Live
    from deploy.server import https
    from deploy.stages import ground, plans, vault

    site = registry(env)
    names = session.limited(site, only, limit)
    rooted = session.rooted(site, names, context.config, KNOWN_HOSTS, lock=not plan, user=user)
    with Live() as live, rooted as servers:
        servers.each(lambda remote: ground.need_python(remote, install=not plan))
        found = session.fit(servers)
        agent = build.agent(ROOT, session.targets_of(found.values()))
        serving = {server.name for server in site.webs}  # edges need no keys, so they have none
        by_server = {one: found[one.name] for one in servers.servers if one.name in serving}
        everyone = len(by_server) == len(site.webs)
        secret = keys.common(servers.at, by_server, all_there=everyone) if by_server else None
        kept = vault.common(servers.at, by_server)

        def planned(remote: Remote) -> Plan:
            user, state = session.deployer(site, remote), found[remote.name]
            here = site.on(remote.name)
            given = () if here.is_edge else (secret, kept)
            return plans.bootstrap(servers.at, here, agent, state, user, *given)

        made = servers.each(planned)
        wanted = []
        for remote in servers.servers:
            todo = made[remote.name]
            if not tuple(todo):
                live.say(f"{remote.name}: {todo}: nothing to do")
            elif plan:
                live.say(f"{remote.name}: {todo}")
            else:
                wanted.append((remote, todo))
        bootstrapping.carry_out(wanted, live)
        if https.plain(site):
            live.say("Visitors reach it by http alone, while links say https: see docs/https.md")
        if wanted:
            live.say("The servers are ready; next: fab deploy")

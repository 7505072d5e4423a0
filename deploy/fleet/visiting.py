"""Look at servers as far as they can be reached, before and after bootstrap."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy.checks import examining, outside
from deploy.checks.finding import Seen
from deploy.errors import DeployError, ReachError
from deploy.fleet import session
from deploy.layout import Layout
from deploy.protocol.examined import Examined
from deploy.remote.ssh import Remote
from deploy.stages import ground
from dispatcher.registry.site import Server, Site
from dispatcher.registry.tls import secured, told_apart


@dataclass(frozen=True, slots=True)
class Visit:
    """What is the same for all servers of one visit."""

    site: Site
    text: str
    """The registry as it is written here."""

    agent: str
    """The name of the agent that this version would install."""

    config: Any
    known_hosts: Path

    thorough: bool = False
    """Whether to look from outside too, and as root where there is no agent to ask."""

    def everywhere(self, only: str) -> dict[str, Seen | DeployError]:
        """Return what was found on each server, or why there is nothing."""
        servers = session.chosen(self.site, only)
        found = session.on_each(servers, self.one)
        return {server.name: seen for server, seen in zip(servers, found, strict=True)}

    def one(self, server: Server) -> Seen | DeployError:
        try:
            with closing(Remote(server, self.config, self.known_hosts)) as remote:
                seen = self.inside(remote)
                return replace(seen, outside=self.from_here(remote)) if self.thorough else seen
        except DeployError as error:
            return error

    def inside(self, remote: Remote) -> Seen:
        """Ask the agent, or look as root where there is none that answers."""
        try:
            with closing(remote.link(Layout(self.site.name).relay)) as link:
                begun = time.time()
                named = remote.name if told_apart(self.site) else ""
                examined = link.examine(self.text, self.site.environment, named)
                return self.seen(remote, examined, begun, link.hello)
        except ReachError as error:
            if not self.thorough:
                raise
            return replace(self.as_root(remote, error), refusal=error.reason)

    def as_root(self, remote: Remote, error: ReachError) -> Seen:
        """Look as somebody with sudo; raises the ``error`` of the agent where there is no such."""
        try:
            ground.need_python(remote, install=False)
            user = session.deployer(self.site, remote)
            begun = time.time()
            site = self.site.on(remote.name)
            examined = examining.examine(Layout(site.name), remote, site, user)
        except DeployError as root:
            why = root.reason if isinstance(root, ReachError) else str(root)
            first = error.reason.partition("; run: ")[0]
            raise ReachError(remote.name, f"{first}; looked at as root, {why}") from root
        return self.seen(remote, examined, begun, {})

    def seen(self, remote: Remote, examined: Examined, begun: float, hello: dict[str, str]) -> Seen:
        there = examined.system.time if examined.system else begun
        skew = min(there - begun, 0) + max(there - time.time(), 0)
        site = self.site.on(remote.name)
        return Seen(site, remote.name, examined, self.agent, hello, skew_seconds=skew)

    def from_here(self, remote: Remote) -> outside.Outside:
        there = f"{remote.user}@{remote.connection.host}:{remote.connection.port}"
        return outside.look(there, remote.address, self.site.hosts, secured(self.site))

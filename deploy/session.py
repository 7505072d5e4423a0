"""One run of a task: the servers it is for, connected, locked and looked at."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from deploy import fleet, ground
from deploy.build import Target
from deploy.console import Live
from deploy.errors import DeployError, FleetError, PlanError, ReachError
from deploy.layout import Layout
from deploy.look import State, look
from deploy.plans import Stamp
from deploy.ssh import Remote
from deploy.steps import Plan
from dispatcher.site import Server, Site

KNOWN_HOSTS = Path("known_hosts")
"""The project's own, beside site.toml, to be committed: the whole team trusts the same keys."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """The servers of one task, in the order of site.toml."""

    site: Site
    at: Layout
    remotes: tuple[Remote, ...]

    def look(self) -> dict[Remote, State]:
        """Look at every server; raises `FleetError`."""
        return self.each(
            lambda remote: look(self.at, remote, **ground.asked(self.at, self.site, remote.user))
        )

    def plan(self, plan_for: Callable[[Remote], Plan]) -> dict[Remote, Plan]:
        """Plan for every server; raises `FleetError` naming each for which there is no plan."""

        def one(remote: Remote) -> Plan:
            try:
                return plan_for(remote)
            except PlanError as error:
                raise ReachError(remote.name, str(error)) from error

        return self.each(one)

    def each(self, act: Callable[[Remote], T]) -> dict[Remote, T]:
        """Do something with every server in parallel; raises `FleetError` with all faults."""
        return dict(zip(self.remotes, on_each(self.remotes, act), strict=True))


@contextmanager
def opened(site: Site, only: str, config: Any, *, lock: bool) -> Iterator[Session]:
    """Connect to the servers named in ``only``, or all; with ``lock``, nobody else changes them.

    Raises `FleetError` where one cannot be reached or is locked: nothing was begun then.
    """
    at, now = Layout(site.name), stamp()
    with ExitStack() as stack:
        remotes: dict[str, Remote] = {}

        def connect(server: Server) -> None:
            remote = Remote(server, config, KNOWN_HOSTS)
            stack.callback(remote.close)
            if lock:
                stack.enter_context(remote.locked(at.lock, f"{now.by} since {now.time}"))
            remotes[server.name] = remote

        servers = chosen(site, only)
        on_each(servers, connect)
        yield Session(site, at, tuple(remotes[server.name] for server in servers))


def chosen(site: Site, only: str) -> tuple[Server, ...]:
    """Return the servers named in ``only``, with commas between, or all; raises `PlanError`."""
    there = {server.name: server for server in site.servers}
    if not there:
        place = f"environments.{site.environment}.servers" if site.environment else "servers"
        raise PlanError(f"site.toml names no server; write [{place}.NAME] with its host")
    names = [name for name in only.split(",") if name] or list(there)
    if unknown := [name for name in names if name not in there]:
        raise PlanError(f"site.toml has no server {', '.join(unknown)}; it has {', '.join(there)}")
    return tuple(there[name] for name in names)


def on_each(things: tuple[Any, ...], act: Callable[[Any], T]) -> list[T]:
    """Do the same with each, in parallel; raises `FleetError` with all that went wrong."""
    with ThreadPoolExecutor(max(1, len(things))) as threads:
        jobs = [threads.submit(act, thing) for thing in things]
    errors = [error for job in jobs if (error := job.exception())]
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if errors:
        raise FleetError(tuple(e for e in errors if isinstance(e, DeployError)), taken_back=True)
    return [job.result() for job in jobs]


def settle(plans: dict[Remote, Plan], live: Live, *, only_show: bool) -> bool:
    """Show the plans, or carry them out on all servers or none; whether there was anything to do.

    Raises `FleetError`.
    """
    wanted = [(remote, plan) for remote, plan in plans.items() if tuple(plan)]
    for remote, plan in plans.items():
        if not tuple(plan):
            live.say(f"{remote.name}: {plan}: nothing to do")
        elif only_show:
            live.say(f"{remote.name}: {plan}")
    if wanted and not only_show:
        fleet.carry_out(wanted, live)
    return bool(wanted)


def targets(states: dict[Remote, State]) -> list[Target]:
    """Return each kind of Python and machine among the servers, once."""
    found = (
        Target(".".join(state.python.split(".")[:2]), state.machine, state.glibc)
        for state in states.values()
    )
    return list(dict.fromkeys(found))


def stamp() -> Stamp:
    """Say who does this, and when."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return Stamp(time, f"{getpass.getuser()}@{platform.node()}")

"""One run of a task: the servers it is for, connected, locked and looked at."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from deploy import fleet, ground
from deploy.build import Target
from deploy.console import Live
from deploy.errors import UNTOUCHED, DeployError, FleetError, PlanError, ReachError
from deploy.fitness import refuse_unfit
from deploy.layout import Layout
from deploy.look import State, look
from deploy.plans import Stamp
from deploy.release import Release
from deploy.ssh import Remote
from deploy.steps import Plan
from dispatcher.site import Server, Site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """The servers of one task, in the order of site.toml."""

    site: Site
    at: Layout
    remotes: tuple[Remote, ...]

    state: str = ""
    """What to say of the servers where something fails before a plan is carried out."""

    def look(self) -> dict[Remote, State]:
        """Look at every server; raises `FleetError`."""
        return self.each(lambda remote: look_at(self.site, remote))

    def fit(self) -> dict[Remote, State]:
        """Look at every server; raises `FleetError` naming those that could not run the site."""
        found = self.look()
        self.each(lambda remote: refuse_unfit(self.at, self.site, found[remote]))
        return found

    def each(self, act: Callable[[Remote], T]) -> dict[Remote, T]:
        """Do something with every server in parallel; raises `FleetError` with all faults."""

        def one(remote: Remote) -> T:
            """Let the person know which server it is that there is no plan for."""
            try:
                return act(remote)
            except PlanError as error:
                raise ReachError(remote.name, str(error)) from error

        return dict(zip(self.remotes, on_each(self.remotes, one, self.state), strict=True))


@contextmanager
def opened(
    site: Site, only: str, config: Any, known_hosts: Path, *, lock: bool
) -> Iterator[Session]:
    """Connect to the servers named in ``only``, or all; with ``lock``, nobody else changes them.

    Raises `FleetError` where one cannot be reached or is locked: nothing was begun then.
    """
    at, now = Layout(site.name), stamp()
    with ExitStack() as stack:
        remotes: dict[str, Remote] = {}

        def connect(server: Server) -> None:
            remote = Remote(server, config, known_hosts)
            stack.callback(remote.close)
            if lock:
                stack.enter_context(remote.locked(at.lock, f"{now.by} since {now.time}"))
            remotes[server.name] = remote

        servers, state = chosen(site, only), UNTOUCHED if lock else ""
        on_each(servers, connect, state)
        yield Session(site, at, tuple(remotes[server.name] for server in servers), state)


def survey(site: Site, only: str, config: Any, known_hosts: Path) -> dict[str, State | DeployError]:
    """Look at the servers as far as they can be reached; return for each what was found."""

    def one(server: Server) -> State | DeployError:
        try:
            with closing(Remote(server, config, known_hosts)) as remote:
                return look_at(site, remote)
        except DeployError as error:
            return error

    servers = chosen(site, only)
    found = on_each(servers, one)
    return {server.name: state for server, state in zip(servers, found, strict=True)}


def look_at(site: Site, remote: Remote) -> State:
    at = Layout(site.name)
    return look(at, remote, **ground.asked(at, site, remote.user))


def chosen(site: Site, only: str) -> tuple[Server, ...]:
    """Return the servers named in ``only``, with commas between, or all; raises `PlanError`."""
    there = {server.name: server for server in site.servers}
    if not there:
        place = f"environments.{site.environment}.servers" if site.environment else "servers"
        raise PlanError(f"site.toml names no server; write [{place}.NAME] with its host")
    named = (name.strip() for name in only.split(","))
    names = list(dict.fromkeys(filter(None, named))) or list(there)
    if unknown := [name for name in names if name not in there]:
        raise PlanError(f"site.toml has no server {', '.join(unknown)}; it has {', '.join(there)}")
    return tuple(there[name] for name in names)


def on_each(things: tuple[Any, ...], act: Callable[[Any], T], state: str = "") -> list[T]:
    """Do the same with each, in parallel; raises `FleetError` with all that went wrong."""
    with ThreadPoolExecutor(max(1, len(things))) as threads:
        jobs = [threads.submit(act, thing) for thing in things]
    errors = [error for job in jobs if (error := job.exception())]
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if errors:
        raise FleetError(tuple(e for e in errors if isinstance(e, DeployError)), state)
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


def refuse_different(goals: dict[Remote, Release]) -> None:
    """Raise `PlanError` where a rollback would leave the servers on different releases."""
    if len({release.id for release in goals.values()}) > 1:
        each = ", ".join(f"{remote.name} to {release.id}" for remote, release in goals.items())
        raise PlanError(f"the servers would go to different releases ({each}); name one with --to")


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

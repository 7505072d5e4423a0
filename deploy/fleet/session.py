"""One run of a task: the servers it is for, connected and looked at."""

from __future__ import annotations

import getpass
import platform
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from deploy.building.build import Target
from deploy.errors import UNTOUCHED, DeployError, FleetError, PlanError, ReachError
from deploy.layout import Layout
from deploy.release import Stamp
from deploy.remote.link import Link
from deploy.remote.ssh import Remote
from deploy.server.look import State, look
from deploy.server.secrets import refuse_different
from deploy.stages import ground
from deploy.stages.fitness import refuse_unfit
from dispatcher.registry.site import Server, Site


class Named(Protocol):
    name: str


T = TypeVar("T")
N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True)
class Fleet(Generic[N]):
    """The servers of one task, in the order of site.toml: as root's, or as their agents."""

    site: Site
    servers: tuple[N, ...]

    again: Callable[[str], N]
    """Connects to a server anew."""

    state: str = ""
    """What to say of the servers where something fails before anything is done."""

    @property
    def at(self) -> Layout:
        return Layout(self.site.name)

    def each(
        self, act: Callable[[N], T], interrupted: Callable[[N], object] | None = None
    ) -> dict[str, T]:
        """Do something with every server in parallel; raises `FleetError` with all faults.

        ``interrupted`` ends what would not end by itself, where somebody presses Ctrl-C.
        """

        def one(server: N) -> T:
            """Let the person know which server it is that there is no plan for."""
            try:
                return act(server)
            except PlanError as error:
                raise ReachError(server.name, str(error)) from error

        done = on_each(self.servers, one, self.state, interrupted)
        return {server.name: result for server, result in zip(self.servers, done, strict=True)}


@contextmanager
def rooted(
    site: Site, only: str, config: Any, known_hosts: Path, *, lock: bool, user: str = ""
) -> Iterator[Fleet[Remote]]:
    """Connect to the servers named in ``only``, or all, to act as root.

    As ``user``, or as whom site.toml says. With ``lock``, nobody else changes them meanwhile.
    Raises `FleetError` where one cannot be reached or is locked: nothing was begun then.
    """
    who = f"{stamp().by} since {stamp().time}"

    def prepare(remote: Remote, stack: ExitStack) -> Remote:
        if lock:
            stack.enter_context(remote.locked(Layout(site.name).lock, who))
        return remote

    state = UNTOUCHED if lock else ""
    servers = chosen(site, only)
    if user:
        servers = tuple(replace(server, user=user) for server in servers)
    with connected(site, servers, config, known_hosts, prepare, state) as fleet:
        yield fleet


@contextmanager
def linked(
    site: Site, only: str, config: Any, known_hosts: Path, state: str = ""
) -> Iterator[Fleet[Link]]:
    """Connect to the agents of the servers named in ``only``, or all.

    Raises `FleetError` where one cannot be reached.
    """
    relay = Layout(site.name).relay

    def prepare(remote: Remote, stack: ExitStack) -> Link:
        return stack.enter_context(closing(remote.link(relay)))

    with connected(site, chosen(site, only), config, known_hosts, prepare, state) as fleet:
        yield fleet


@contextmanager
def connected(
    site: Site,
    servers: tuple[Server, ...],
    config: Any,
    known_hosts: Path,
    prepare: Callable[[Remote, ExitStack], N],
    state: str,
) -> Iterator[Fleet[N]]:
    """Connect to servers at once; all connections end together, those made anew too."""
    with ExitStack() as stack:

        def connect(server: Server) -> N:
            return prepare(stack.enter_context(closing(Remote(server, config, known_hosts))), stack)

        def again(name: str) -> N:
            return connect(next(server for server in servers if server.name == name))

        yield Fleet(site, tuple(on_each(servers, connect, state)), again, state)


def deployer(site: Site, remote: Remote) -> str:
    """Return who will ask the agent: the user of site.toml, else who is connected now."""
    return next(one.user for one in site.servers if one.name == remote.name) or remote.user


def fit(fleet: Fleet[Remote]) -> dict[str, State]:
    """Look at every server; raises `FleetError` naming those that could not run the site."""

    def one(remote: Remote) -> State:
        site, user = fleet.site.on(remote.name), deployer(fleet.site, remote)
        state = look(fleet.at, remote, **ground.asked(fleet.at, site, user))
        refuse_unfit(fleet.at, site, state)
        return state

    return fleet.each(one)


def chosen(site: Site, only: str) -> tuple[Server, ...]:
    """Return the servers named in ``only``, with commas between, or all; raises `PlanError`."""
    if not site.servers:
        place = f"environments.{site.environment}.servers" if site.environment else "servers"
        raise PlanError(f"site.toml names no server; write [{place}.NAME] with its host")
    return named(site, only) or site.servers


def of_apps(site: Site, only: str) -> str:
    """Return ``only``, or all, without edges; raises `PlanError` where no other is left."""
    return among(site, only, site.webs, f"no app runs on {only}; name servers that run them")


def of_visitors(site: Site, only: str) -> str:
    """Return ``only``, or all, without those behind edges; raises `PlanError` for them alone."""
    return among(site, only, site.edges, "https is on the edges alone; name of them")


def among(site: Site, only: str, some: tuple[Server, ...], else_: str) -> str:
    """Return ``only``, or all, as far as they are of a kind; all are where there is no edge."""
    if not site.edges:
        return only
    there = [server.name for server in chosen(site, only) if server in some]
    if not there:
        raise PlanError(f"{else_}: {' and '.join(server.name for server in some)}")
    return ",".join(there)


def out(site: Site, fleet: Fleet[Link]) -> tuple[str, ...]:
    """Return the servers that edges of the fleet are to lead nobody to: those it goes on without.

    None where it is for edges alone, as for one that is new.
    """
    there = {link.name for link in fleet.servers}
    names = [web.name for web in site.webs]
    return tuple(name for name in names if name not in there) if there & set(names) else ()


def refuse_edges(site: Site, canary: str) -> None:
    """Raise `PlanError` where a canary is an edge: it would lead to what is not live yet."""
    if edges := [server.name for server in named(site, canary) if server in site.edges]:
        names = " or ".join(web.name for web in site.webs)
        raise PlanError(f"--canary {edges[0]} runs no app and has nothing to try; take {names}")


def limited(site: Site, only: str, limit: str) -> str:
    """Return the names of at most ``limit`` of the servers chosen, in their order.

    All of them where it is empty; raises `PlanError` for what is no number.
    """
    if not limit:
        return only
    if not limit.isdecimal() or int(limit) < 1:
        raise PlanError(f"--limit {limit} is no number of servers; write 1 or more")
    return ",".join(server.name for server in chosen(site, only)[: int(limit)])


def named(site: Site, names: str) -> tuple[Server, ...]:
    """Return the servers named, with commas between; raises `PlanError` for one not there."""
    there = {server.name: server for server in site.servers}
    wanted = list(dict.fromkeys(filter(None, (name.strip() for name in names.split(",")))))
    if unknown := [name for name in wanted if name not in there]:
        raise PlanError(f"site.toml has no server {', '.join(unknown)}; it has {', '.join(there)}")
    return tuple(there[name] for name in wanted)


def without(site: Site, only: str, names: str) -> str:
    """Return ``only``, or all, without the servers named; raises `PlanError` where none is left."""
    if not names:
        return only
    gone = named(site, names)
    rest = [server.name for server in chosen(site, only) if server not in gone]
    if not rest:
        raise PlanError(f"there is no server left without {names}")
    return ",".join(rest)


def on_each(
    things: tuple[Any, ...],
    act: Callable[[Any], T],
    state: str = "",
    interrupted: Callable[[Any], object] | None = None,
) -> list[T]:
    """Do the same with each, in parallel; raises `FleetError` with all that went wrong.

    An interrupt waits for them; ``interrupted`` is called with each then, to end it.
    """
    with ThreadPoolExecutor(max(1, len(things))) as threads:
        try:
            jobs = [threads.submit(act, thing) for thing in things]
            wait(jobs)  # here, so that an interrupt waits for them as well
        except KeyboardInterrupt:
            if interrupted:
                for thing in things:
                    interrupted(thing)
            raise
    errors = [error for job in jobs if (error := job.exception())]
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if errors:
        raise FleetError(tuple(e for e in errors if isinstance(e, DeployError)), state)
    return [job.result() for job in jobs]


def targets(fleet: Fleet[Link]) -> list[Target]:
    """Return each kind of Python and machine among the servers, once."""
    edges = {server.name for server in fleet.site.edges}  # nothing of a release runs there
    said = [link.hello for link in fleet.servers if link.name not in edges] or [
        link.hello for link in fleet.servers
    ]
    return list(dict.fromkeys(target(one["python"], one["machine"], one["glibc"]) for one in said))


def targets_of(states: Iterable[State]) -> list[Target]:
    """Return each kind of Python and machine among servers without an agent, once."""
    return list(dict.fromkeys(target(one.python, one.machine, one.glibc) for one in states))


def refuse_other_agents(fleet: Fleet[Link], name: str) -> None:
    """Raise `FleetError` for servers whose agent is of another Flaskyard than this."""

    def refuse(link: Link) -> None:
        if link.hello["agent"] != name:
            raise PlanError("is not ready for this version of Flaskyard; run: fab bootstrap")

    fleet.each(refuse)
    edges = {server.name for server in fleet.site.edges}
    serving = [link for link in fleet.servers if link.name not in edges]
    refuse_different(link.hello["keys"] for link in serving)
    if len({link.hello["secrets"] for link in serving}) > 1:
        raise PlanError("the servers have different secrets; run: fab bootstrap")


def target(python: str, machine: str, glibc: str) -> Target:
    return Target(".".join(python.split(".")[:2]), machine, glibc)


def stamp() -> Stamp:
    """Say who does this, when, and what tells this run from others."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    by = f"{getpass.getuser()}@{platform.node()}"
    return Stamp(by=by, time=time, run=secrets.token_hex(8))

"""Does anybody notice? Deployments and rollbacks by the dozen, under `busy` visitors.

After each command nothing happens for as long as it took: what was sent meanwhile is "at rest",
beside what was sent during the command, so that whatever else the machine does slows both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench.deploy.busy import APP, QUICK, TABLE, Seen, visitors
from bench.deploy.figures import range_of, row, table
from bench.deploy.ways import Ours, Ran
from bench.telling import say
from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab

BLOCK = 10
"""Commands whose requests make one percentile: of a single one there are too few."""

FIRST_SECONDS = 2.0
"""Before the first command, in which connections are made."""

LAST_SECONDS = 12.0
"""After the last command, the requests under way then end."""


class Command(NamedTuple):
    """One command and the rest after it; times are of the monotonic clock."""

    act: str
    begin: float
    end: float
    rested: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


class Told(NamedTuple):
    """All that was seen on one site."""

    servers: int
    commands: list[Command]
    seen: dict[str, list[Seen]]
    """By server."""

    releases: set[str]
    """Those that were made live, whole."""

    @property
    def all(self) -> list[Seen]:
        return [one for seen in self.seen.values() for one in seen]

    def of(self, act: str) -> list[Command]:
        return [one for one in self.commands if one.act == act]


class Distant(Project):
    """One whose `fab` takes no time from the servers, as if it ran on another machine.

    Idle and not only nice: what is nice keeps a processor for some ms (sched(7)).
    """

    def start_fab(self, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        running = super().start_fab(*words, stdin=stdin)
        os.sched_setscheduler(running.pid, os.SCHED_IDLE, os.sched_param(0))
        return running


def prepared(lab: Lab, scratch: Path, servers: tuple[str, ...]) -> Ours:
    """Give a site with an app for `busy` visitors, live on these servers."""
    project = Distant(scratch / f"on{len(servers)}", lab.ssh_config, servers)
    (project.folder / "apps" / "busy.py").write_text(APP)
    site = project.folder / "site.toml"
    site.write_text(f"{site.read_text()}\n{TABLE}")
    project.commit("busy")
    say(f"bootstrap and first deployment: {', '.join(servers)}")
    ours = Ours(project)
    ours.set_up()
    return ours


def on(servers: int) -> Callable[[Lab, Path, int], Told]:
    """Return what measures on so many servers."""

    def measure(lab: Lab, scratch: Path, rounds: int) -> Told:
        hosts = booted(lab, servers)
        return visited(prepared(lab, scratch, tuple(host.name for host in hosts)), hosts, rounds)

    return measure


def booted(lab: Lab, count: int) -> tuple[Host, ...]:
    hosts = lab.up(count)
    for host in hosts:
        lab.run(host, "systemctl", "is-system-running", "--wait", check=False)
    return hosts


def visited(ours: Ours, hosts: tuple[Host, ...], rounds: int) -> Told:
    with ExitStack() as stack:
        seen = {host.name: stack.enter_context(visitors(host.ip)) for host in hosts}
        time.sleep(FIRST_SECONDS)
        releases: set[str] = set(ours.project.live())
        commands = []
        for number in range(rounds):
            ours.change(f"round{number}")
            for act, run in (("deploy", ours.deploy), ("rollback", ours.rollback)):
                commands.append(one(act, run().checked()))
                releases |= set(ours.project.live())
            took = " and ".join(f"{one.seconds:.2f} s" for one in commands[-2:])
            say(f"{number + 1} of {rounds}: {took}")
        time.sleep(LAST_SECONDS)
    return Told(len(hosts), commands, seen, releases)


def one(act: str, ran: Ran) -> Command:
    time.sleep(ran.seconds)
    return Command(act, ran.begin, ran.end, time.monotonic())


def percentile(values: Sequence[float], share: float = 0.99) -> float:
    """Return the value that this share of all do not exceed.

    >>> percentile([3, 1, 2, 4], 0.5)
    2
    """
    ordered = sorted(values)
    return ordered[max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1)]


def between(seen: Iterable[Seen], spans: Iterable[tuple[float, float]]) -> list[float]:
    """Return the seconds that quick requests took which were due in one of the spans."""
    there = list(spans)
    return [
        one.seconds
        for one in seen
        if one.kind in QUICK and any(begin <= one.due < end for begin, end in there)
    ]


def blocks(told: Told, act: str) -> Iterator[tuple[float, float]]:
    """Yield p99 during commands and at rest after them, in seconds, for each block of them."""
    commands = told.of(act)
    for start in range(0, len(commands), BLOCK):
        some = commands[start : start + BLOCK]
        during = between(told.all, [(one.begin, one.end) for one in some])
        rest = between(told.all, [(one.end, one.rested) for one in some])
        if during and rest:
            yield percentile(during), percentile(rest)


def show(told: Told) -> None:
    sent, lost = Counter(x.kind for x in told.all), Counter(x.kind for x in told.all if x.failure)
    foreign = sum(bool(x.release) and x.release not in told.releases for x in told.all)
    table(f"requests, {told.servers} servers", *sent, "all")
    row("sent", *(f"{count:,}" for count in sent.values()), f"{sum(sent.values()):,}")
    row("lost", *(f"{lost[kind]}" for kind in sent), f"{sum(lost.values())}")
    print(f"\nAnswers of releases that never were live: {foreign}\n")
    times = ("p99 meanwhile, ms", "p99 at rest, ms", "ratio")
    table(f"{told.servers} servers", "count", "seconds", *times)
    for act in ("deploy", "rollback"):
        pairs = list(blocks(told, act))
        row(
            act,
            str(len(told.of(act))),
            range_of(one.seconds for one in told.of(act)),
            range_of((1000 * during for during, _ in pairs), ".1f"),
            range_of((1000 * rest for _, rest in pairs), ".1f"),
            range_of(during / rest for during, rest in pairs),
        )
    median = statistics.median(one.seconds for one in told.all if one.kind in QUICK)
    print(f"\nThe median of all: {1000 * median:.1f} ms")
    for failure in sorted({one.failure for one in told.all if one.failure})[:10]:
        print(f"lost: {failure}")

"""What does a fleet cost? One server and three, taking turns; then 50 ms away from both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.deploy.cutover import Cut, watched
from bench.deploy.figures import range_of, row, table
from bench.deploy.unnoticed import booted, prepared
from bench.deploy.ways import Ours
from bench.telling import say
from tests.lab.lab import Lab
from tests.lab.lag import Lag

NEAR, FAR = 0.0, 50.0
"""Round trip, in ms, on top of what the network of this machine takes."""

PAUSE_SECONDS = {1: 0.0, 3: 0.002}
"""Between two looks at a server's link. One is looked at without pause, which takes a processor."""


class Run(NamedTuple):
    act: str
    servers: int
    rtt: float
    seconds: float
    cuts: tuple[Cut, ...] = ()


def measure(lab: Lab, scratch: Path, rounds: int) -> list[Run]:
    one, *three = (host.name for host in booted(lab, 4))
    sites = {len(names): prepared(lab, scratch, tuple(names)) for names in ([one], three)}
    found: list[Run] = []
    for rtt in (NEAR, FAR):
        for site in sites.values():
            for host in map(lab.host, site.project.servers):
                if rtt:
                    lab.lag(host, Lag(rtt))
        for number in range(rounds):
            turn = list(sites)[:: -1 if number % 2 else 1]
            for count in turn:
                found += one_round(lab, sites[count], f"round{number}x{rtt:g}", rtt)
            say(f"{number + 1} of {rounds}, {rtt:g} ms: {' '.join(map(short, found[-8:]))}")
    return found


def one_round(lab: Lab, site: Ours, version: str, rtt: float) -> Iterator[Run]:
    """Redeploy and roll back; the links are looked at in a turn of its own, for that takes time."""
    servers = site.project.servers
    site.change(version)
    yield Run("redeploy", len(servers), rtt, site.deploy().checked().seconds)
    yield Run("nothing to deploy", len(servers), rtt, site.deploy().checked().seconds)
    yield Run("rollback", len(servers), rtt, site.rollback().checked().seconds)
    with watched(lab, tuple(map(lab.host, servers)), PAUSE_SECONDS[len(servers)]) as cuts:
        ran = site.fab("rollback", "--to", site.release).checked()
    yield Run("watched", len(servers), rtt, ran.seconds, tuple(cuts))


def short(run: Run) -> str:
    return f"{run.act[:2]}{run.servers} {run.seconds:.2f}"


def show(runs: list[Run]) -> None:
    table("what", "round trip, ms", "one server, s", "three, s", "three to one")
    for rtt in (NEAR, FAR):
        for act in ("redeploy", "rollback", "nothing to deploy"):
            one, three = (seconds(runs, act, count, rtt) for count in (1, 3))
            ratios = range_of(b / a for a, b in zip(one, three, strict=True))
            row(act, f"{rtt:g}", range_of(one), range_of(three), ratios)
    print()
    table("the links", "round trip, ms", "the cutover of one, ms", "three apart by, ms")
    for rtt in (NEAR, FAR):
        single = [cut for run in runs if run.servers == 1 and run.rtt == rtt for cut in run.cuts]
        apart = [skew(run.cuts) for run in runs if run.servers == 3 and run.rtt == rtt and run.cuts]
        widths = range_of((1000 * (cut.new - cut.old) for cut in single), ".3f")
        row("renamed", f"{rtt:g}", widths, range_of((1000 * one for one in apart), ".1f"))


def seconds(runs: list[Run], act: str, servers: int, rtt: float) -> list[float]:
    wanted = (act, servers, rtt)
    return [run.seconds for run in runs if (run.act, run.servers, run.rtt) == wanted]


def skew(cuts: tuple[Cut, ...]) -> float:
    """Return how long after the first server the last one may have followed, in seconds.

    >>> skew((Cut(1, 3), Cut(4, 5)))
    4
    """
    return max(cut.new for cut in cuts) - min(cut.old for cut in cuts)

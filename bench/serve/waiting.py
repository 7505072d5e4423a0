"""How long do visitors wait, at the worst, when each asks again at once?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.serve.load import Load, load, settle
from bench.serve.places import Place, running
from bench.serve.tables import Cells, alternating, ratio, spread

CONNECTIONS = (16, 64)
GTHREAD = ("workers = 1", 'worker_class = "gthread"')


class Way(NamedTuple):
    place: Place
    direct: bool = False
    base: str = ""
    """What it is compared with; nothing for what is compared with."""


OURS, KEPT, DIRECT = "gevent, as it is", "gevent, nginx keeps connections", "gevent, no nginx"

WAYS = {
    OURS: Way(Place("ours")),
    "... without the yield": Way(Place("no yield", yields=False), base=OURS),
    "gthread, 8 threads": Way(Place("gthread", pool=GTHREAD), base=OURS),
    KEPT: Way(Place("kept", kept=64), base=OURS),
    "... kept, without the yield": Way(Place("kept, no yield", kept=64, yields=False), base=KEPT),
    DIRECT: Way(Place("ours"), direct=True),
    "... no nginx, without the yield": Way(
        Place("no yield", yields=False), direct=True, base=DIRECT
    ),
    "gthread, no nginx": Way(Place("gthread", pool=GTHREAD), direct=True, base=DIRECT),
}


def measure(
    folder: Path,
    rounds: int,
    seconds: float,
    ways: Collection[str] = tuple(WAYS),
    connections: Sequence[int] = CONNECTIONS,
) -> dict[str, dict[int, list[Load]]]:
    """Return what each way did with so many connections, round by round."""
    found: dict[str, dict[int, list[Load]]] = {
        name: {many: [] for many in connections} for name in ways
    }
    wanted = {WAYS[name].place.name: WAYS[name].place for name in ways}
    with running(folder, *wanted.values()) as places:
        for at in places.values():
            settle(at)
        for many in connections:
            for name in alternating(ways, rounds):
                way = WAYS[name]
                one = load(places[way.place.name], many, seconds, direct=way.direct)
                found[name][many].append(one)
    return found


HEAD = ("served", "clients", "p99, ms", "to what it is compared with", "slowest, ms", "requests/s")


def rows(found: dict[str, dict[int, list[Load]]]) -> list[Cells]:
    def p99(name: str, many: int) -> list[float]:
        return [one.p99 for one in found[name][many]]

    return [
        (
            name,
            str(many),
            spread(p99(name, many), ".1f"),
            ratio(p99(name, many), p99(base, many)) if (base := WAYS[name].base) in found else "",
            spread((one.slowest for one in loads), ".0f"),
            spread((one.rate for one in loads), ",.0f"),
        )
        for name, by_many in found.items()
        for many, loads in by_many.items()
    ]

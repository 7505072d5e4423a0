"""What do ten apps take in one pool, and as ten gunicorns?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.serve.load import settle
from bench.serve.places import APPS, Place, Running, family, running
from bench.serve.tables import Cells, ratio, spread
from dispatcher.monitoring.memory import pss


def measure(
    folder: Path, rounds: int, apps: int = APPS, workers: Sequence[int] = (1, 2), asked: int = 1000
) -> dict[str, dict[int, list[float]]]:
    """Return the MiB of a pool and of ``apps`` gunicorns, by workers of each, round by round.

    All have answered ``asked`` requests, so that what is shared at first and written to
    later is counted as each one's own.
    """
    found: dict[str, dict[int, list[float]]] = {
        name: {many: [] for many in workers} for name in ("pool", "gunicorns")
    }
    for _ in range(rounds):
        for many in workers:
            pool = Place("pool", pool=(f"workers = {many}",))
            alone = [
                Place(
                    f"alone {number}",
                    bare=f"app{number}:create_app()",
                    words=("--workers", str(many)),
                    paths=("/",),
                )
                for number in range(apps)
            ]
            found["pool"][many].append(taken(folder, asked, pool))
            found["gunicorns"][many].append(taken(folder, asked, *alone))
    return found


def taken(folder: Path, asked: int, *places: Place) -> float:
    """Return the MiB that gunicorns take together, what they share counted once (PSS)."""
    with running(folder, *places) as served:
        for place in served.values():
            settle(place, asked)
        return sum(size(place) for place in served.values()) / 2**20


def size(place: Running) -> int:
    return sum(pss(pid) or 0 for pid in family(place.master))


HEAD = ("workers of each", "one pool, MiB", "ten gunicorns, MiB", "gunicorns to pool")


def rows(found: dict[str, dict[int, list[float]]]) -> list[Cells]:
    pool, alone = found["pool"], found["gunicorns"]
    return [
        (
            str(many),
            spread(pool[many], ".0f"),
            spread(alone[many], ".0f"),
            ratio(alone[many], pool[many]),
        )
        for many in pool
    ]

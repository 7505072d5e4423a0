"""How soon does a site answer, when its apps are loaded at once or with their first request?"""

from __future__ import annotations

import http.client
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench.serve.memory import size
from bench.serve.places import HOST, Place, Running, process, written
from bench.serve.tables import Cells, alternating, spread
from tests.integration.served import free_port, with_all_children

WEIGHTS = (0.0, 0.1)
"""Seconds that an app's factory computes: none, and as many as with an ORM and its models."""


class Started(NamedTuple):
    """Seconds from the start of gunicorn, and MiB after it."""

    first: float
    """One app has answered."""

    every: float
    """Each app has answered once, one after the other."""

    slowest: float
    """The longest that any of those answers took."""

    mib: float


def place(load: str, weight: float) -> Place:
    lines = f'load = "{load}"\n' + (f"args = {{ seconds = {weight} }}\n" if weight else "")
    return Place(f"{load}, {weight:g} s", app=lines, pool=("workers = 2",))


PLACES = {
    one.name: one for weight in WEIGHTS for one in (place("eager", weight), place("lazy", weight))
}


def measure(
    folder: Path, rounds: int, names: Collection[str] = tuple(PLACES)
) -> dict[str, list[Started]]:
    found: dict[str, list[Started]] = {name: [] for name in names}
    for name in alternating(names, rounds):
        found[name].append(started(folder, PLACES[name]))
    return found


def started(above: Path, place: Place) -> Started:
    folder, port = written(above, place), free_port()
    begun = time.perf_counter()
    with ExitStack() as stack:
        gunicorn = process(folder, place, "default.sock", f"127.0.0.1:{port}")
        stack.callback(with_all_children, gunicorn)
        took: list[float] = []
        first = 0.0
        for path in place.paths:
            before = time.perf_counter()
            asked(port, path)
            first = first or time.perf_counter() - begun
            took.append(time.perf_counter() - before)
        every = time.perf_counter() - begun
        served = Running(place, folder, 0, port, gunicorn.pid, 0)
        return Started(first, every, max(took[1:]), size(served) / 2**20)


def asked(port: int, path: str) -> None:
    """Ask until somebody listens and answers."""
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": HOST})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.002)
        else:
            return
        finally:
            connection.close()


HEAD = ("loading, each factory", "first answer, s", "all ten, s", "longest of the others, s", "MiB")


def rows(found: dict[str, list[Started]]) -> list[Cells]:
    return [
        (
            name,
            spread(one.first for one in all_of),
            spread(one.every for one in all_of),
            spread((one.slowest for one in all_of), ".3f"),
            spread((one.mib for one in all_of), ".0f"),
        )
        for name, all_of in found.items()
    ]

"""How long do requests take, each way in its turn? Times are paired, turn by turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BATCH_SECONDS = 0.001
MOST = 200

READ = ("HTTP_HOST", "PATH_INFO", "RAW_URI")
"""What dispatchers look up."""


class Asked(NamedTuple):
    """An application and what it is asked, over and over."""

    app: WSGIApplication
    environ: Mapping[str, Any]


def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """Be the server that hears of an answer and does nothing."""


def times(ways: Mapping[str, Asked], turns: int) -> dict[str, list[float]]:
    """Return the seconds a request took each way, turn by turn, in batches of about 1 ms.

    They take turns, so that what slows the machine slows all of them.
    """
    sizes = {name: size_of(asked) for name, asked in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(turns):
        for name in names if turn % 2 else reversed(names):
            found[name].append(batch(ways[name], sizes[name]) / sizes[name])
    return found


def size_of(asked: Asked) -> int:
    """Return how many requests take about `BATCH_SECONDS`."""
    batch(asked, 1)
    return max(1, min(MOST, int(BATCH_SECONDS / (batch(asked, 3) / 3))))


def batch(asked: Asked, size: int) -> float:
    """Return the seconds that ``size`` requests take, sent, read and closed.

    Each has an environ of its own with strings that no dict has seen, and leaves nothing.
    It is the time of this thread alone, whatever else the machine does.
    """
    app, environ = asked
    environs = [{**environ, **{key: new(environ[key]) for key in READ}} for _ in range(size)]
    started = time.thread_time()
    while environs:
        body = app(environs.pop(), start)
        for _ in body:
            pass
        if hasattr(body, "close"):
            body.close()
    return time.thread_time() - started


def new(text: str) -> str:
    """Return an equal string whose hash is not known yet."""
    return f"{text} "[:-1]


def net(found: Mapping[str, list[float]], name: str, idle: str) -> float:
    """Return the median of what ``name`` took beyond ``idle``, in microseconds."""
    return statistics.median(less(found[name], found[idle])) * 1e6


def share(found: Mapping[str, list[float]], name: str, idle: str, whole: str) -> float:
    """Return the median of that as percent of what ``whole`` took in the same turn."""
    pairs = zip(less(found[name], found[idle]), found[whole], strict=True)
    return statistics.median(part / all_of_it for part, all_of_it in pairs) * 100


def less(one: Iterable[float], other: Iterable[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]

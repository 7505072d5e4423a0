"""What do visitors see meanwhile? Keep-alive clients that ask on time, GET and POST.

Each asks on a schedule of its own and not when the last answer came, so that a site which
refuses at once is not asked more often than one that answers.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.deployment.traffic import Ask, answer

CLIENTS = 8
EVERY_SECONDS = 0.2
RATE = CLIENTS / EVERY_SECONDS
"""Requests a second, to each way."""


class Answer(NamedTuple):
    """How one request ended; times are of the monotonic clock."""

    asked: float
    seconds: float
    failure: str
    """What came instead of the page; empty where nothing did."""


class Seen(NamedTuple):
    """What the visitors saw in a while."""

    asked: int
    failed: int
    slowest_seconds: float

    @classmethod
    def of(cls, answers: Iterable[Answer], begin: float, end: float) -> Seen:
        """Count the requests that were sent between two times.

        >>> Seen.of([Answer(1, 0.5, ""), Answer(2, 0.1, "502"), Answer(3, 0.1, "502")], 1, 2.5)
        Seen(asked=2, failed=1, slowest_seconds=0.5)
        """
        sent = [one for one in answers if begin <= one.asked < end]
        failed = sum(bool(one.failure) for one in sent)
        return cls(len(sent), failed, max((one.seconds for one in sent), default=0))


@contextmanager
def visited(address: str, asks: tuple[Ask, ...]) -> Iterator[list[Answer]]:
    """Let the clients ask until the block ends; the list grows meanwhile."""
    answers: list[Answer] = []
    stop = threading.Event()
    begin = time.monotonic()
    threads = [
        threading.Thread(
            target=visit,
            args=(address, asks[n % len(asks) :] + asks[: n % len(asks)], answers, stop, start),
        )
        for n in range(CLIENTS)
        for start in [begin + n * EVERY_SECONDS / CLIENTS]
    ]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def visit(
    address: str, asks: tuple[Ask, ...], answers: list[Answer], stop: threading.Event, begin: float
) -> None:
    """Ask in turn at ``begin`` and every `EVERY_SECONDS` from it; times missed are left out."""
    connection = http.client.HTTPConnection(address, timeout=20)
    due = begin
    for ask in itertools.cycle(asks):
        while due < time.monotonic():
            due += EVERY_SECONDS
        if stop.wait(due - time.monotonic()):
            break
        asked = time.monotonic()
        try:
            _, failure = answer(connection, ask)
        except (OSError, http.client.HTTPException) as error:
            failure = f"{ask.method} {ask.host}{ask.path}: {error!r}"
            connection.close()
        answers.append(Answer(asked, time.monotonic() - asked, failure))
    connection.close()

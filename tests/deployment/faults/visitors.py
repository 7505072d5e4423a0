"""Visitors who come at their times whether answers come or not: an open loop, each counted."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.deployment.traffic import ASKS, Ask, exchange, version_of

A_SECOND = 20
PATIENCE_SECONDS = 40
AT_ONCE = 400
"""How many may wait for an answer; with more of them, they would come later than they are due."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and what came of it."""

    ask: Ask
    due: float
    """When it was sent; of the monotonic clock."""

    seconds: float
    """How long the answer took from then on."""

    said: str | None
    """What of the answer shows who gave it; None where it was none, or not whole."""

    failure: str = ""
    release: str = ""
    """Of what answered, where that says it."""


@dataclass
class Visits:
    """What came of them."""

    sent: int = 0
    all: list[Visit] = field(default_factory=list)

    @property
    def lost(self) -> list[str]:
        return [visit.failure for visit in self.all if visit.said is None]

    @property
    def seen(self) -> Counter[str]:
        """How many answers each version gave, whole."""
        return Counter(visit.said for visit in self.all if visit.said is not None)

    @property
    def releases(self) -> set[str]:
        """Return the releases that answered; each answer is of one release and its version."""
        told = {(visit.release, visit.said) for visit in self.all if visit.release}
        releases = {release for release, _ in told}
        assert len(told) == len(releases), told
        return releases


@contextmanager
def visitors(
    address: str, a_second: float = A_SECOND, asks: Sequence[Ask] = ASKS
) -> Iterator[Visits]:
    """Let requests be sent at an even pace until the block ends; all are waited for."""
    visits, stop = Visits(), threading.Event()

    def visit(ask: Ask, due: float) -> None:
        connection, of = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS), ""
        try:
            status, text, of = exchange(connection, ask)
        except (OSError, http.client.HTTPException) as error:
            said, failure = None, f"{ask.method} {ask.host}{ask.path}: {error!r}"
        else:
            said, failure = version_of(ask, status, text)
        finally:
            connection.close()
        took = time.monotonic() - due
        visits.all.append(Visit(ask, due, took, said, failure, of))

    def send() -> None:
        started = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for number, ask in enumerate(itertools.cycle(asks), 1):
                due = started + number / a_second
                if stop.wait(max(0, due - time.monotonic())):
                    break
                visits.sent += 1
                threads.submit(visit, ask, due)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield visits
    finally:
        stop.set()
        sending.join()

"""Visitors who come at their times whether answers come or not: an open loop, each counted."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.deployment.traffic import ASKS, Ask, answer

A_SECOND = 20


@dataclass
class Visits:
    """What came of them."""

    sent: int = 0
    lost: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    """How many answers each version gave, whole."""


@contextmanager
def visitors(address: str, a_second: int = A_SECOND) -> Iterator[Visits]:
    """Let GETs and POSTs be sent at an even pace until the block ends; all are waited for."""
    visits, stop = Visits(), threading.Event()

    def visit(ask: Ask) -> None:
        connection = http.client.HTTPConnection(address, timeout=20)
        try:
            version, failure = answer(connection, ask)
        except (OSError, http.client.HTTPException) as error:
            version, failure = None, f"{ask.method} {ask.host}{ask.path}: {error!r}"
        finally:
            connection.close()
        if version is None:
            visits.lost.append(failure)
        else:
            visits.seen[version] += 1

    def send() -> None:
        started = time.monotonic()
        with ThreadPoolExecutor(64) as threads:
            for number, ask in enumerate(itertools.cycle(ASKS), 1):
                if stop.wait(max(0, started + number / a_second - time.monotonic())):
                    break
                visits.sent += 1
                threads.submit(visit, ask)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield visits
    finally:
        stop.set()
        sending.join()

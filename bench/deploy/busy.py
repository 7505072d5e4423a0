"""Who asks while it is deployed? Strangers who come at their times, with all that takes long.

Pages and small POSTs, requests of ten seconds, streams, and uploads that trickle in, over
connections that are kept. The loop is open: each is sent when it is due, whether those before
were answered or not, and its time counts from then.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import json
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from tests.deployment.project import DOMAIN

APP = '''\
"""Says which release answers: at once, late, bit by bit, or once it has read all it is sent."""

import os
import time

RELEASE = os.environ.get("DISPATCHER_RELEASE", "")


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    kind = environ["PATH_INFO"].strip("/")
    if kind == "stream":
        return streamed()
    if kind == "late":
        time.sleep(10)
    size = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    return [f"{RELEASE} {size}".encode()]


def streamed():
    for _ in range(20):
        yield f"{RELEASE} 0\\n".encode()
        time.sleep(0.25)
'''
TABLE = '[apps.busy]\napp = "apps.busy:application"\npath = "/busy"\n'

PIECE = b"x" * 10_000
THREADS = 128


class Kind(NamedTuple):
    """A sort of request."""

    name: str
    method: str
    path: str
    every_seconds: float
    body: int = 0
    """How many pieces of `PIECE` it sends."""

    pause_seconds: float = 0
    """Between two pieces."""

    lines: int = 1
    """How many the answer has."""


KINDS = (
    Kind("page", "GET", "/busy/", 0.05),
    Kind("form", "POST", "/busy/", 0.05, body=1),
    Kind("late", "GET", "/busy/late", 1.0),
    Kind("stream", "GET", "/busy/stream", 0.5, lines=20),
    Kind("upload", "POST", "/busy/", 0.5, body=50, pause_seconds=0.05),
)
QUICK = ("page", "form")
"""Those whose time is the site's own."""


class Seen(NamedTuple):
    """How one request ended; times are of the monotonic clock."""

    kind: str
    due: float
    seconds: float
    """From when it was due."""

    release: str
    """The one that answered all of it; empty where the answer was not whole."""

    failure: str


@contextmanager
def visitors(address: str, kinds: tuple[Kind, ...] = KINDS) -> Iterator[list[Seen]]:
    """Let them come until the block ends, then wait for all; the list grows meanwhile."""
    seen: list[Seen] = []
    stop = threading.Event()
    kept: queue.SimpleQueue[http.client.HTTPConnection] = queue.SimpleQueue()

    def visit(kind: Kind, due: float) -> None:
        connection = taken(kept, address)
        try:
            release, failure = ask(connection, kind), ""
        except (OSError, http.client.HTTPException, ValueError) as error:
            release, failure = "", f"{kind.name}: {error!r}"
            connection.close()
        seen.append(Seen(kind.name, due, time.monotonic() - due, release, failure))
        kept.put(connection)

    def send() -> None:
        start = time.monotonic()
        with ThreadPoolExecutor(THREADS) as threads:
            for offset, kind in timetable(kinds):
                if stop.wait(max(0.0, start + offset - time.monotonic())):
                    break
                threads.submit(visit, kind, start + offset)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield seen
    finally:
        stop.set()
        sending.join()
        while not kept.empty():
            kept.get().close()


def timetable(kinds: tuple[Kind, ...]) -> Iterator[tuple[float, Kind]]:
    """Yield who comes when, in seconds from the start, for ever.

    >>> pair = (Kind("a", "GET", "/", 1.0), Kind("b", "GET", "/", 2.0))
    >>> [(at, kind.name) for at, kind in itertools.islice(timetable(pair), 4)]
    [(0.0, 'a'), (0.0, 'b'), (1.0, 'a'), (2.0, 'a')]
    """
    for at, number in heapq.merge(*itertools.starmap(times, enumerate(kinds))):
        yield at, kinds[number]


def times(number: int, kind: Kind) -> Iterator[tuple[float, int]]:
    for n in itertools.count():
        yield n * kind.every_seconds, number


def taken(
    kept: queue.SimpleQueue[http.client.HTTPConnection], address: str
) -> http.client.HTTPConnection:
    """Take a connection that somebody has kept, or make one."""
    try:
        return kept.get_nowait()
    except queue.Empty:
        return http.client.HTTPConnection(address, timeout=30)


def ask(connection: http.client.HTTPConnection, kind: Kind) -> str:
    """Return the release that answered; raises `ValueError` for what is not a whole answer."""
    connection.putrequest(kind.method, kind.path, skip_host=True)
    connection.putheader("Host", DOMAIN)
    size = kind.body * len(PIECE)
    if kind.body:
        connection.putheader("Content-Length", str(size))
    connection.endheaders()
    for _ in range(kind.body):
        connection.send(PIECE)
        time.sleep(kind.pause_seconds)
    got = connection.getresponse()
    text = got.read().decode()
    answers = set(text.splitlines())
    if got.status != 200 or len(answers) != 1 or len(text.splitlines()) != kind.lines:
        raise ValueError(f"{got.status} {json.dumps(text[:200])}")
    release, received = answers.pop().split()
    if received != str(size):
        raise ValueError(f"it was sent {size} bytes and received {received}")
    return release

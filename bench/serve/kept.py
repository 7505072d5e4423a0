"""What happens to visitors when nginx keeps its connections to gunicorn, and when not?

In the arrangement that is safest where it keeps them: gunicorn closes an idle connection
after 75 s, nginx after 60, so that neither uses one that the other is about to close.
"""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.serve.places import HOST, Place, answers, front, process, running, written
from bench.serve.tables import Cells, alternating
from tests.integration.served import until, with_all_children

CLIENTS = 8
PAUSE_SECONDS = 0.004
"""Of each client, after each answer: a site that is asked, not one that is flooded."""

LATE_SECONDS = 0.1
"""A request that began so long after a cutover has no excuse for the old release."""

AS_IT_IS = "none kept: as it is"

PLACES = {
    one.name: one
    for one in (
        Place(AS_IT_IS),
        Place("kept", kept=16, words=("--keep-alive", "75")),
    )
}


class Asked(NamedTuple):
    begun: float
    status: int
    """0 where the connection broke."""

    release: str


class Seen(NamedTuple):
    """Of one round with a place; requests are POST, which nginx does not ask again."""

    after: int
    """Requests that began well after a cutover."""

    stale: int
    """... and were answered by the release from before."""

    stopped: int
    """Requests while the old release was stopped, and after."""

    stopped_failed: int
    replacing: int
    """Requests to workers that are replaced after a few hundred."""

    replacing_failed: int


def measure(
    folder: Path, rounds: int, seconds: float, names: Collection[str] = tuple(PLACES)
) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {name: [] for name in names}
    for name in alternating(names, rounds):
        flipped = cutover(folder, PLACES[name], seconds)
        found[name].append(Seen(*flipped, *replaced(folder, PLACES[name], seconds)))
    return found


def cutover(above: Path, place: Place, seconds: float) -> tuple[int, int, int, int]:
    """Rename the link from one release to the next, as a deploy does, and stop the old one."""
    folder = written(above, place)
    with ExitStack() as stack:
        masters = {}
        for release in ("old", "new"):
            sock = f"{release}.sock"
            masters[release] = process(folder, place, sock, DISPATCHER_RELEASE=release)
            stack.callback(with_all_children, masters[release])
        for release in masters:
            until(f"{release} listens", lambda at=folder / f"{release}.sock": answers(at))  # type: ignore[misc]
        (folder / "default.sock").symlink_to("old.sock")
        port, _ = front(stack, folder, place)
        with visited(port) as seen:
            time.sleep(seconds / 2)
            (folder / "next").symlink_to("new.sock")
            (folder / "next").rename(folder / "default.sock")
            flipped = time.monotonic()
            time.sleep(seconds)
            stopping = time.monotonic()
            os.kill(masters["old"].pid, signal.SIGTERM)
            time.sleep(seconds)
    after = [one for one in seen if flipped + LATE_SECONDS < one.begun < stopping]
    stopped = [one for one in seen if one.begun >= stopping]
    stale = sum(one.release == "old" for one in after)
    return len(after), stale, len(stopped), failed(stopped)


def replaced(above: Path, place: Place, seconds: float) -> tuple[int, int]:
    """Ask workers of which each is replaced again and again."""
    pool = ("workers = 2", "max_requests = 300")
    often = Place(place.name, pool=pool, kept=place.kept, words=place.words)
    with running(above, often) as places, visited(places[place.name].port) as seen:
        time.sleep(2 * seconds)
    return len(seen), failed(seen)


def failed(seen: list[Asked]) -> int:
    return sum(one.status != 200 for one in seen)


@contextmanager
def visited(port: int) -> Iterator[list[Asked]]:
    """Let clients ask all the time; the list grows."""
    seen: list[Asked] = []
    enough = threading.Event()
    clients = [
        threading.Thread(target=visit, args=(port, number, seen, enough))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield seen
    finally:
        enough.set()
        for client in clients:
            client.join()


def visit(port: int, number: int, seen: list[Asked], enough: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not enough.wait(PAUSE_SECONDS):
        begun = time.monotonic()
        try:
            connection.request("POST", f"/app{number}/", b"x=1", {"Host": HOST})
            answer = connection.getresponse()
            answer.read()
            seen.append(Asked(begun, answer.status, answer.headers.get("X-Release", "")))
        except (OSError, http.client.HTTPException):
            seen.append(Asked(begun, 0, ""))
            connection.close()
    connection.close()


HEAD = (
    "connections",
    "after a cutover",
    "... of the old release",
    "while the old one stops",
    "... failed",
    "to workers that are replaced",
    "... failed",
)


def rows(found: dict[str, list[Seen]]) -> list[Cells]:
    return [
        (name, *(f"{sum(one[field] for one in all_of):,}" for field in range(len(Seen._fields))))
        for name, all_of in found.items()
    ]

"""What the workers of one pool count and tell, in memory that they share."""

from __future__ import annotations

import json
import mmap
import os
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dispatcher.settings import Settings

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The buckets of the histogram of seconds; what takes longer is in one more."""

IN_FLIGHT, ERRORS, SECONDS, LOADS, FAILURES, LOAD_SECONDS, STATUS = range(7)
BUCKET = STATUS + 6
"""From `STATUS` on are counts by the first digit of the status, from `BUCKET` on by seconds."""

ROW = BUCKET + len(BOUNDS) + 1
"""How many cells each app has in each place."""

NOTES, NOTE_BYTES = 8, 8192
"""How many of its last notes a place keeps, and how long each is at most."""

VACANT, TAKEN = 0, -1


class Board:
    """Numbers and notes, a place for each worker and one, the first, for what is past.

    Made before the fork. It is memory and no files: what dies leaves nothing behind, and
    nothing waits for a disk. A worker writes to its own place alone, so that no lock is
    needed: the interpreter switches threads between ``cells[i] += 1`` and the next, not
    within it (CPython looks for a switch at calls and backward jumps).
    """

    def __init__(self, apps: Iterable[str], places: int = 1) -> None:
        """``places`` is how many workers there may be at once."""
        self.rows = {app: number * ROW for number, app in enumerate(dict.fromkeys(apps))}
        self.started = time.time()
        width = len(self.rows) * ROW
        notes = NOTES * NOTE_BYTES
        # Pages that nobody writes to take no memory.
        shared = memoryview(mmap.mmap(-1, (1 + places) * (3 + width) * 8 + (1 + places) * notes))
        cells = shared[: (1 + places) * (3 + width) * 8].cast("d")
        texts = shared[(1 + places) * (3 + width) * 8 :]
        self.places = [
            Place(
                cells[number * (3 + width) :][:3],
                cells[number * (3 + width) + 3 :][:width],
                texts[number * notes :][:notes],
            )
            for number in range(1 + places)
        ]
        self.own = self.places[0]

    def reserve(self) -> int:
        """Return a place for a worker that is about to be forked; only the master may ask.

        Where there are more workers than places, two share the last, and may miscount.
        """
        last = len(self.places) - 1
        vacant = (n for n in range(1, last + 1) if self.places[n].pid == VACANT)
        number = next(vacant, last)
        self.places[number].head[0] = TAKEN
        return number

    def take(self, number: int) -> None:
        """Be the worker that the place is for."""
        self.own = self.places[number]
        self.own.head[0], self.own.head[1] = os.getpid(), time.time()

    def leave(self, number: int) -> None:
        """Move what a dead worker counted to the past; only the master may do it."""
        past, place = self.places[0], self.places[number]
        past.head[2] += 1  # odd while the numbers move, or they would be seen twice
        for cell, value in enumerate(place.cells):
            if cell % ROW != IN_FLIGHT:
                past.cells[cell] += value
            place.cells[cell] = 0
        place.head[0] = VACANT
        past.head[2] += 1

    def totals(self) -> dict[str, list[float]]:
        """Return each app's cells, added up over all places."""
        for _ in range(100):  # a master that died meanwhile leaves the version odd
            version = self.places[0].head[2]
            sums = [sum(cell) for cell in zip(*(p.cells for p in self.places), strict=True)]
            if version == self.places[0].head[2] and version % 2 == 0:
                break
        return {app: sums[row : row + ROW] for app, row in self.rows.items()}

    def workers(self) -> list[tuple[int, float]]:
        """Return process id and time of start of each worker that runs."""
        return [(int(p.head[0]), p.head[1]) for p in self.places if p.head[0] > 0]

    def notes(self) -> list[dict[str, Any]]:
        """Return the notes of all workers, dead ones too, newest first."""
        notes = [note for place in self.places for note in place.notes()]
        return sorted(notes, key=lambda note: float(note["time"]), reverse=True)


class Place:
    """What one worker writes: its process id and start, its cells, its last notes."""

    __slots__ = ("cells", "head", "text", "written")

    def __init__(
        self, head: memoryview[float], cells: memoryview[float], text: memoryview[int]
    ) -> None:
        self.head, self.cells, self.text, self.written = head, cells, text, 0

    @property
    def pid(self) -> int:
        return int(self.head[0])

    def note(self, **values: Any) -> None:
        """Keep ``values`` and the time in the place of the oldest note; no line may be very long.

        The longest text is cut at its beginning where all would not fit.
        """
        noted = {"time": time.time(), **values}
        longest = max(values, key=lambda name: len(str(values[name])))
        while len(data := json.dumps(noted).encode()) > NOTE_BYTES - 1:
            text = str(noted[longest])
            noted[longest] = text[len(text) // 4 + 1 :]
        start = self.written % NOTES * NOTE_BYTES
        self.written += 1
        self.text[start : start + len(data) + 1] = data + b"\0"

    def notes(self) -> Iterator[dict[str, Any]]:
        for start in range(0, NOTES * NOTE_BYTES, NOTE_BYTES):
            data = bytes(self.text[start : start + NOTE_BYTES]).partition(b"\0")[0]
            with suppress(ValueError):  # nothing there, or just being written
                yield json.loads(data)


def bucket(seconds: float) -> int:
    """Return the cell that counts what took ``seconds``.

    >>> bucket(0.001) - BUCKET, bucket(0.005) - BUCKET, bucket(11) - BUCKET
    (0, 0, 11)
    """
    return BUCKET + bisect_left(BOUNDS, seconds)


@cache
def board_of(settings: Settings) -> Board:
    """Return the one board of the processes that serve by ``settings``: first asked, then forked.

    It has room for the workers of a reload too, when old and new overlap. Raises
    `RegistryError` and `SettingsError`.
    """
    site = settings.read()
    return Board(
        (app.name for app in settings.apps_of(site)), 2 * settings.pool_of(site).workers + 2
    )

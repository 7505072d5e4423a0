"""Who deployed what, when, and how it ended: a file that only grows, and shows tampering.

Each line carries the SHA-256 of the line before it, as a chain (RFC 6962 has the idea in
full; for one file a chain is enough). Whoever changes or drops a line must change all after
it, and the last hash is told by `fab history` to whoever wrote it down.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.onhost.whole import sync
from deploy.protocol.journal import Record

START = "0" * 64

LONGEST_LINE = 1_000_000
"""Bytes, of which a record has a thousandth; so the last one is found without reading all."""

MOST = 10_000
"""Records that are told, the newest; the chain is followed through all."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a history tells, and from where on it cannot be trusted."""

    records: tuple[Record, ...]
    broken: int | None
    """Number of the first line, from 1, that does not follow from the one before it."""

    head: str
    """The hash of the last line that does."""


def append(path: Path, record: Record) -> None:
    """Add a record; it is on the disk when this returns."""
    new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644), "r+b") as file:
        start = file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_LINE))
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:  # the power went while the last line was written
            file.truncate(start + len(whole))
        *_, last = (b"", *whole.splitlines())
        line = json.dumps({**record, "after": digest(last)}, separators=(",", ":"))
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync(path.parent)


def read(path: Path) -> Told:
    """Return the history, oldest first; an empty one where there is no file.

    Half a line was not written, and is none.
    """
    try:
        with path.open("rb") as file:
            return told(line for line in file if line.endswith(b"\n"))
    except FileNotFoundError:
        return told(())


def told(lines: Iterable[bytes]) -> Told:
    """Follow the chain through whole lines, each with its end."""
    records: deque[Record] = deque(maxlen=MOST)
    broken, head = None, START
    for number, line in enumerate(lines, 1):
        try:
            record = dict(json.loads(line))
        except (ValueError, TypeError):
            broken = broken or number
            continue
        if record.pop("after", None) != head:
            broken = broken or number
        if broken is None:
            head = digest(line[:-1])
        records.append(record)
    return Told(tuple(records), broken, head)


def digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest() if line else START

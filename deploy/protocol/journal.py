"""What a transaction did, written before it does it: the file that survives everything.

One JSON object a line. A line that the power cut in two is the last one, and counts as
not written: what it announced had not begun.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition
from typing import Any

from deploy.onhost.whole import write

Record = dict[str, Any]

END = "end"
"""The kind of the last record."""

BALLAST_BYTES = 4_000_000
"""Kept free for the end of a transaction: its journal, and the files that are put back."""


class Journal:
    """The records of one transaction: kept in a file, and told to whoever follows."""

    def __init__(self, path: Path) -> None:
        """Open a journal, or go on with one."""
        self.path, self.ballast = path, path.with_name("ballast")
        self.records = read(path)
        whole = b"".join(line(record) for record in self.records)
        if not path.exists() or path.read_bytes() != whole:
            write(path, whole)
        self.file = path.open("ab", buffering=0)
        if self.ended:
            self.close()
        self.changed = Condition()

    def write(self, kind: str, *, sync: bool = True, **what: Any) -> None:
        """Add a record; it is on the disk when this returns, if ``sync``.

        Without, it is so by the next that is synced: good for what merely tells.
        """
        record = {"kind": kind, "at": round(time.time(), 3), **what}
        self.put(line(record))
        if sync:
            os.fdatasync(self.file.fileno())
        if kind == END:
            self.close()
        with self.changed:
            self.records.append(record)
            self.changed.notify_all()

    def put(self, rest: bytes) -> None:
        """Write bytes, of a full disk too, once: then the ballast goes."""
        while rest:
            try:
                rest = rest[self.file.write(rest) :]
            except OSError as error:
                if error.errno != errno.ENOSPC or not self.ballast.exists():
                    raise
                self.lighten()

    def load(self) -> None:
        """Take room on the disk for what must be written once it is full; raises `OSError`."""
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)

    def lighten(self) -> None:
        """Give that room to whoever needs it to end this well."""
        self.ballast.unlink(missing_ok=True)

    @property
    def ended(self) -> bool:
        return bool(self.records) and self.records[-1]["kind"] == END

    def follow(self, start: int, tell: Callable[[Record], None]) -> None:
        """Tell each record from the one numbered ``start`` on, until the last."""
        while True:
            with self.changed:
                while len(self.records) <= start:
                    self.changed.wait()
                fresh = self.records[start:]
            for record in fresh:
                tell(record)
                if record["kind"] == END:
                    return
            start += len(fresh)

    def close(self) -> None:
        self.file.close()
        self.lighten()


def read(path: Path) -> list[Record]:
    """Return the whole records of a journal; none where there is no such file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    found: list[Record] = []
    for text in content.split(b"\n")[:-1]:
        try:
            found.append(json.loads(text))
        except ValueError:  # blocks of zeros, after a power cut
            break
    return found


def line(record: Record) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"

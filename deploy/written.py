"""What a command far away writes, written here."""

from __future__ import annotations

import sys
from threading import Lock

STREAMS = {"out", "err"}

ONE_AT_A_TIME = Lock()


class Written:
    """One stream of a command; with a ``start``, whole lines that begin with it."""

    def __init__(self, kind: str, start: str = "") -> None:
        self.target = sys.stdout.buffer if kind == "out" else sys.stderr.buffer
        self.start, self.rest = start.encode(), b""

    def write(self, piece: bytes) -> None:
        if self.start:
            *whole, self.rest = (self.rest + piece).split(b"\n")
            piece = b"".join(self.start + line + b"\n" for line in whole)
        with ONE_AT_A_TIME:
            self.target.write(piece)
            self.target.flush()

    def end(self) -> None:
        """Write a last line that has no end."""
        if self.rest:
            self.write(b"\n")

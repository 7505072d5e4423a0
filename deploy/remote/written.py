"""What a command far away writes, written here."""

from __future__ import annotations

import sys
from threading import Lock
from typing import Protocol

STREAMS = ("out", "err")

ONE_AT_A_TIME = Lock()


class Sink(Protocol):
    """Where one stream of a command goes."""

    def write(self, piece: bytes) -> None: ...

    def end(self) -> None: ...


class Kept:
    """One stream of a command, kept."""

    def __init__(self) -> None:
        self.content = b""

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def write(self, piece: bytes) -> None:
        self.content += piece

    def end(self) -> None:
        """Do nothing: it is as it is."""


class Written:
    """One stream of a command; with a ``start``, whole lines that begin with it."""

    def __init__(self, kind: str, start: str = "") -> None:
        self.target = sys.stdout.buffer if kind == "out" else sys.stderr.buffer
        self.start, self.rest = start.encode(), b""

    @classmethod
    def each(cls, start: str = "") -> dict[str, Written]:
        """Return both."""
        return {kind: cls(kind, start) for kind in STREAMS}

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

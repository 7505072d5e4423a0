"""What apps print: lines of the log too, each with its app."""

from __future__ import annotations

import io
import logging
import sys
from threading import local
from typing import BinaryIO, TextIO


class Printed(io.TextIOBase):
    """A stream whose lines go to the log. Each thread has its own unfinished one.

    A line that is not ended after `LONGEST` characters is ended there. What wants bytes
    or a file descriptor gets those of the stream that this one stands for.
    """

    LONGEST = 8192

    def __init__(self, name: str, level: int, stands_for: TextIO) -> None:
        """``name`` is the logger's."""
        self.log, self.level, self.stands_for = logging.getLogger(name), level, stands_for
        self.parts = local()

    def write(self, text: str) -> int:
        parts = self.parts
        if getattr(parts, "busy", False):  # the log itself fails, and says so here
            return len(text)
        *lines, rest = f"{getattr(parts, 'begun', '')}{text}".split("\n")
        if len(rest) > self.LONGEST:
            lines.append(rest)
            rest = ""
        parts.begun, parts.busy = rest, True
        try:
            for line in lines:
                self.log.log(self.level, "%s", line)
        finally:
            parts.busy = False
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.stands_for.fileno()

    @property
    def buffer(self) -> BinaryIO:
        return self.stands_for.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stands_for.encoding


def capture() -> None:
    """Let stdout and stderr of this process be lines of its log, which must be set up already."""
    sys.stdout = Printed("stdout", logging.INFO, sys.stdout)
    sys.stderr = Printed("stderr", logging.WARNING, sys.stderr)

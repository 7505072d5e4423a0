"""Somebody who sits at a terminal and types."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deployment.project import Project

SECONDS = 60


class Sitting:
    """A real terminal, and `fab` in it."""

    def __init__(self, project: Project, *words: str) -> None:
        self.master, self.slave = os.openpty()
        self.resize(24, 80)
        self.before = self.settings()
        fab = str(Path(sys.executable).parent / "fab")
        self.running = subprocess.Popen(
            ("setsid", "--ctty", fab, "-S", str(project.ssh_config), *words),
            cwd=project.folder,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
        )

    def settings(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def until(self, text: str) -> str:
        """Return what was shown up to there."""
        seen, end = "", time.monotonic() + SECONDS
        while text not in seen:
            assert select.select([self.master], [], [], max(0, end - time.monotonic()))[0], seen
            seen += os.read(self.master, 1).decode("utf-8", "replace")
        return seen

    def asked(self, text: str, until: str) -> str:
        """Type a line; return what came until there."""
        self.type(f"{text}\n")
        return self.until(until)

    def end(self) -> int:
        """Return how it ended."""
        while self.running.poll() is None:
            if select.select([self.master], [], [], 0.1)[0]:
                os.read(self.master, 1 << 16)
        return self.running.returncode


@contextmanager
def sitting(project: Project, *words: str) -> Iterator[Sitting]:
    """Give a terminal in which `fab` runs; it is ended with the block."""
    one = Sitting(project, *words)
    try:
        yield one
    finally:
        one.running.kill()
        one.running.wait()
        os.close(one.master)
        os.close(one.slave)

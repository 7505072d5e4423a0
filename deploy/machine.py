"""A server that can be acted on; `deploy.ssh` has the one that is far away."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    out: str
    err: str


class Machine(Protocol):
    """Somewhere commands run as root and files land."""

    @property
    def name(self) -> str: ...

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome: ...

    def program(self, source: str, given: str) -> Outcome: ...

    def upload(self, source: Path, target: str) -> None: ...


class Here:
    """The machine this runs on, as whoever runs it."""

    name = "here"

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:
        """Run a command; ``python3`` is this Python."""
        words = [sys.executable if word == "python3" else word for word in argv]
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def program(self, source: str, given: str) -> Outcome:
        """Run a Python program on one argument."""
        return self.run(("python3", "-I", "-", given), stdin=source)

    def upload(self, source: Path, target: str) -> None:
        """Copy a file."""
        Path(target).write_bytes(source.read_bytes())

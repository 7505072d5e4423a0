"""A server that can be acted on; `deploy.ssh` has the one that is far away."""

import json
import subprocess
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from traceback import format_exc
from typing import Protocol

LONGEST_SECONDS = 600
"""For any one command; none of ours takes a tenth of it."""


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

    def program(self, name: str, given: str) -> Outcome: ...

    def upload(self, path: Path, target: str) -> None: ...


class Here:
    """The machine this runs on, as whoever runs it."""

    name = "here"

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:
        """Run a command, at most ten minutes; its exit status is as a shell would say it."""
        try:
            done = subprocess.run(
                argv,
                input=stdin.encode(),
                capture_output=True,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            said = text(error.stderr or b"")
            return Outcome(124, text(error.stdout or b""), f"{said}ended after {error.timeout} s\n")
        except OSError as error:
            return Outcome(127, "", f"{argv[0]}: {error.strerror}\n")
        code = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return Outcome(code, text(done.stdout), text(done.stderr))

    def program(self, name: str, given: str) -> Outcome:
        """Do what a program of `deploy.onhost` does, within this process."""
        module = import_module(f"deploy.onhost.{name}")
        try:
            answer = module.main(json.loads(given))
        except Exception as error:
            ours = type(error).__module__.startswith("deploy.onhost.")
            expected = isinstance(error, OSError) or ours
            return Outcome(1, "", f"{error}\n" if expected else format_exc())
        return Outcome(0, "" if answer is None else json.dumps(answer), "")

    def upload(self, path: Path, target: str) -> None:
        """Copy a file."""
        Path(target).write_bytes(path.read_bytes())


def text(said: bytes) -> str:
    return said.decode("utf-8", "replace")

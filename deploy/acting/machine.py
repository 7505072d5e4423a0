"""A server that can be acted on; `deploy.remote.ssh` has the one that is far away."""

import json
import subprocess
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from traceback import format_exc
from typing import Protocol

from deploy.acting.hearing import heard

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
    seconds: float = LONGEST_SECONDS

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:
        """Run a command, at most ten minutes; its exit status is as a shell would say it.

        Of what it writes the last is kept. It is not waited for once the command has ended:
        somebody else may have its output open, and for ever.
        """
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        except OSError as error:
            return Outcome(127, "", f"{argv[0]}: {error.strerror}\n")
        with process:
            ended, *said = heard(process, stdin.encode(), self.seconds)
            if not ended:
                process.kill()
        out, err = map(text, said)
        if not ended:
            return Outcome(124, out, f"{err}ended after {self.seconds} s\n")
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        return Outcome(code, out, err)

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

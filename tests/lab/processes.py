"""Which processes are ours, and do they still live?"""

import contextlib
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.shell import PATH

ENVIRON = {"PATH": PATH, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}


@dataclass(frozen=True, slots=True)
class Process:
    """One process for good: a pid is used again, a pid with its start time is not."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        return started(self.pid) == self.started

    def send(self, number: int) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)

    def reap(self) -> None:
        """Bury it, if it is dead and our own child."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)


def started(pid: int) -> str | None:
    """Return when it started, in clock ticks since boot; nothing for the dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rsplit(")", 1)[1].split()
    return None if state == "Z" else fields[18]


def python(module: str, *words: str) -> tuple[str, ...]:
    """Return the words that run a module of the lab, in `ENVIRON`.

    ``-S`` and ``-P``: it needs the standard library and this repository, nothing else.
    """
    return (sys.executable, "-SP", "-m", module, *words)


def spawn(module: str, *words: str, log: Path, environ: Mapping[str, str]) -> Process:
    """Start a module of the lab as a process of its own session, which outlives this one.

    ``posix_spawn``, because nobody here waits for it: a dropped ``Popen`` would complain.
    """
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        sys.executable,
        python(module, *words),
        {**environ, **ENVIRON},
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    return Process(pid, started(pid) or "")


def below(pid: int) -> Iterator[int]:
    """Walk a process's descendants, parents before children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from below(child)


def has_own_namespace(pid: int) -> bool:
    """Say whether it has a second pid, in a namespace below ours."""
    try:
        pids = re.search(r"^NSpid:\s+(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return False
    return pids is not None and len(pids[1].split()) > 1

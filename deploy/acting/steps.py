"""The words a deployment is written in.

A `Plan` is made of `Step`, and a step does one thing to a server: run a command,
run one of `deploy.onhost`, write a file, or upload files. All are values: they can
be compared, printed and tested without a server. `deploy.acting.runner` acts on them.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """Run one command as root, given word by word so that nothing needs quoting.

    >>> print(Run("rm", "-rf", "/srv/a b"))
    rm -rf '/srv/a b'
    """

    argv: tuple[str, ...]

    def __init__(self, *argv: str) -> None:
        object.__setattr__(self, "argv", argv)

    def __str__(self) -> str:
        return shlex.join(self.argv)


def shell(script: str, *words: str) -> Run:
    """Run a fixed script; what varies comes as ``$1`` and so on, never as text of it."""
    return Run("sh", "-c", script, "sh", *words)


@dataclass(frozen=True, slots=True)
class Script:
    """Run a program of `deploy.onhost` as root, its input one JSON object."""

    name: str
    input: str

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any]) -> "Script":
        """Make one of plain data."""
        return cls(name, json.dumps(given, separators=(",", ":"), sort_keys=True))

    def __str__(self) -> str:
        return f"{self.name} {shlex.quote(self.input)}"


@dataclass(frozen=True, slots=True)
class Put:
    """Write a file of root's, whole or not at all."""

    path: str
    content: str
    mode: int = 0o644

    def __str__(self) -> str:
        return f"write {self.path} ({len(self.content.encode())} bytes, mode {self.mode:o})"


@dataclass(frozen=True, slots=True)
class Seal:
    """Write a file of root's that only this machine can read: encrypted with its own key."""

    path: str
    content: str

    def __str__(self) -> str:
        return f"encrypt into {self.path}"


@dataclass(frozen=True, slots=True)
class Upload:
    """Copy files from here into a folder of the SSH user, each under its sha256."""

    folder: str
    files: tuple[tuple[Path, str, int], ...]
    """Where each is here, its sha256 and its size in bytes."""

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.files)

    def __str__(self) -> str:
        names = ", ".join(path.name for path, _, _ in self.files)
        return f"upload {self.size:,} bytes to {self.folder}: {names}"


def hidden(path: str) -> str:
    """Return where a program writes what it then renames to ``path``.

    >>> hidden("/etc/flaskyard/yard/keys")
    '/etc/flaskyard/yard/.keys.new'
    """
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.new"


Action = Run | Script | Put | Seal | Upload


@dataclass(frozen=True, slots=True)
class Step:
    """One action, why it is done, and what takes it back."""

    note: str
    do: Action
    undo: Action | None = None
    aside: tuple[str, ...] = ()
    """What a command or program writes first and then renames: killed, it leaves that."""

    @property
    def left(self) -> tuple[str, ...]:
        """Return the paths of which something may be there where it was killed."""
        own = (f"{self.do.path}.new",) if isinstance(self.do, Put | Seal) else ()
        return (*own, *self.aside)


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to one server, in order.

    ``prepare`` changes nothing that visitors see and ``publish`` is the change; both
    are done all or not at all, on all servers. ``tidy`` follows once they hold: each
    is tried, and a failure there is told but takes nothing back.

    Where there are databases to migrate, ``migrate`` and ``start`` come between the two:
    the one begins when all servers are prepared, the other when all have migrated.
    """

    title: str
    prepare: Steps = ()
    publish: Steps = ()
    tidy: Steps = ()

    stays: bool = False
    """Whether what is done stays after a failure: another run goes on from there."""

    migrate: Steps = ()
    start: Steps = ()
    migrates: bool = False
    """Whether some server migrates a database: then all wait for that, before they start."""

    @property
    def stages(self) -> tuple[tuple[str, Steps], ...]:
        """Return what is done all or not at all, each part with the order it waits for."""
        return (
            ("", self.prepare),
            *((("migrate", self.migrate), ("start", self.start)) if self.migrates else ()),
            *((("publish", self.publish),) if self.publish else ()),
        )

    def __iter__(self) -> Iterator[Step]:
        for _, steps in self.stages:
            yield from steps
        yield from self.tidy

    def __str__(self) -> str:
        lines = [self.title]
        for number, step in enumerate(self, 1):
            lines += [f"{number:3}. {step.note}", f"     $ {step.do}"]
        return "\n".join(lines)

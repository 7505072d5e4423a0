"""What travels to a server: the files of one release, each known by its sha256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

MADE = 2
"""How `deploy.tools` makes a toolbox; each change counts it up, so that servers make it anew."""


@dataclass(frozen=True, slots=True)
class File:
    """One file, here, and where it belongs below the folder of the release."""

    path: Path
    name: str
    sha256: str
    size: int

    @property
    def kept(self) -> str:
        """Where a server's store has it."""
        return f"{self.sha256}/{Path(self.name).name}"

    @classmethod
    def of(cls, path: Path, name: str = "") -> File:
        """Read and hash a file."""
        content = path.read_bytes()
        return cls(path, name or path.name, hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True, slots=True)
class Bundle:
    """One release, built; nothing of it depends on a server but the wheels' platform."""

    id: str
    version: str
    commit: str
    sdist: File
    site: File
    requirements: File
    wheels: tuple[File, ...]

    @property
    def files(self) -> tuple[File, ...]:
        return (self.sdist, self.site, self.requirements, *self.wheels)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What makes environments on a server: uv, and setuptools with its plugin."""

    requirements: File
    wheels: tuple[File, ...]

    @property
    def files(self) -> tuple[File, ...]:
        return (self.requirements, *self.wheels)

    @property
    def name(self) -> str:
        return f"toolbox-{self.requirements.sha256[:12]}-{MADE}"

    @property
    def uv(self) -> File:
        return next(file for file in self.wheels if file.name.startswith("wheels/uv-"))

"""What travels to a server: the files of one release, each known by its sha256."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from deploy.release import Id, Value

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[
    str, StringConstraints(pattern=r"^(wheels/)?[A-Za-z0-9][A-Za-z0-9._+!~-]{0,254}$")
]
"""Below the folder of a release, and never out of it."""

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+!~-]{0,199}$")]


class File(Value):
    """One file, and where it belongs below the folder of the release."""

    name: FileName
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]

    @property
    def kept(self) -> str:
        """Where a server's store has it."""
        return f"{self.sha256}/{Path(self.name).name}"

    @classmethod
    def of(cls, path: Path, name: str = "") -> File:
        """Read and hash a file."""
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        return cls(name=name or path.name, sha256=sha256, size=len(content))


class Bundle(Value):
    """One release, built; nothing of it depends on a server but the wheels' platform."""

    id: Id
    version: Word
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40,64}$")]
    sdist: File
    site: File
    requirements: File
    wheels: Annotated[tuple[File, ...], Field(max_length=1000)]

    @model_validator(mode="after")
    def _each_in_its_place(self) -> Self:
        """Refuse names of other files of a release, as the manifest that says it is whole."""
        if not all(file.name.startswith("wheels/") for file in self.wheels):
            raise ValueError("a wheel is called wheels/NAME")
        if not re.fullmatch(r"[^/]+\.tar\.gz", self.sdist.name):
            raise ValueError("an sdist is called NAME.tar.gz")
        if (self.site.name, self.requirements.name) != ("site.toml", "requirements.txt"):
            raise ValueError("the others are called site.toml and requirements.txt")
        return self

    @property
    def files(self) -> tuple[File, ...]:
        return (self.sdist, self.site, self.requirements, *self.wheels)


class Agent(Value):
    """The agent of a server, and what makes environments there: uv, and setuptools."""

    name: Word
    """What its folder is called: another for other code or other packages."""

    requirements: File
    code: File
    wheels: tuple[File, ...]

    @property
    def files(self) -> tuple[File, ...]:
        return (self.requirements, self.code, *self.wheels)

    @property
    def uv(self) -> File:
        return next(file for file in self.wheels if file.name.startswith("wheels/uv-"))


Made = TypeVar("Made", Bundle, Agent)


@dataclass(frozen=True, slots=True)
class Built(Generic[Made]):
    """What was built, and where each of its files is here, by its sha256."""

    what: Made
    paths: Mapping[str, Path]

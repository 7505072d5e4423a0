"""A file with the data of a server's pools: written whole or not at all, and checked when read.

It is a tar of one ``POOL.tar.gz`` for each pool, as `deploy.onhost.pack` made it, and of
``manifest.json``, which has their hashes and says of which site and server it is, and since when.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from deploy.bundle import File, Sha256
from deploy.errors import DeployError
from deploy.onhost import unpack
from deploy.protocol.wire import Label
from deploy.release import Line, Value

BLOCK = 512
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1_000_000
PIECE = 1 << 20


class Part(Value):
    """The packed data of one pool."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    """In bytes, packed."""

    files: int
    bytes: int
    """What it is unpacked."""


class Manifest(Value):
    """What an archive is of."""

    format: Literal[1] = 1
    site: Line
    server: Line
    made: Line
    release: str
    """What was live then."""

    pools: dict[Label, Part] = Field(default_factory=dict)


class Writer:
    """Writes an archive, one part after the other, each of a size that is not known before."""

    def __init__(self, path: Path) -> None:
        """Begin a file that only its owner may read."""
        self.path = path
        self.file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        self.parts: dict[str, Part] = {}

    @contextmanager
    def part(self, pool: str) -> Iterator[Incoming]:
        """Give where the data of a pool are to be written; check them afterwards.

        Raises `DeployError` where they are not whole.
        """
        began = self.file.tell()
        self.file.write(bytes(BLOCK))
        coming = Incoming(self.file)
        yield coming
        self.file.write(bytes(-coming.size % BLOCK))
        end = self.file.tell()
        self.file.seek(began)
        self.file.write(header(f"{pool}.tar.gz", coming.size))
        told = checked(pool, io.BufferedReader(Window(self.file, began + BLOCK, coming.size)))
        self.file.seek(end)
        self.parts[pool] = Part(
            sha256=coming.sum.hexdigest(),
            size=coming.size,
            files=len(told["files"]),
            bytes=sum(one["size"] for one in told["files"].values()),
        )

    def end(self, path: Path, about: Manifest) -> None:
        """Write what it is of, and give it its name."""
        whole = about.model_copy(update={"pools": self.parts})
        manifest = whole.model_dump_json(indent=1).encode()
        self.file.write(header(MANIFEST, len(manifest)) + manifest)
        self.file.write(bytes(-len(manifest) % BLOCK + 2 * BLOCK))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.path.rename(path)


class Incoming:
    """Takes in what comes for a part."""

    def __init__(self, file: Any) -> None:
        self.file, self.size, self.sum = file, 0, hashlib.sha256()

    def write(self, piece: bytes) -> None:
        self.file.write(piece)
        self.sum.update(piece)
        self.size += len(piece)

    def end(self) -> None:
        """Do nothing: it is as it is."""


class Window(io.RawIOBase):
    """A part of a file, as a file that can be read."""

    def __init__(self, file: Any, start: int, size: int) -> None:
        file.seek(start)
        self.file, self.rest = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.file.read(min(len(buffer), self.rest))
        buffer[: len(piece)] = piece
        self.rest -= len(piece)
        return len(piece)


def header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf(tarfile.GNU_FORMAT)


def checked(pool: str, source: Any) -> dict[str, Any]:
    """Return the list of what is packed; raises `DeployError` where it is not that."""
    try:
        return unpack.check(source)
    except unpack.Refused as error:
        raise DeployError(f"the data of {pool}: {error}") from None


def read(path: Path) -> Manifest:
    """Return what an archive is of; raises `DeployError` for what is none."""
    try:
        with tarfile.open(path, "r:") as tar:
            entry = tar.getmember(MANIFEST)
            if not entry.isreg() or entry.size > LARGEST_MANIFEST:
                raise DeployError(f"{path}: its {MANIFEST} is no manifest")
            source: Any = tar.extractfile(entry)
            return Manifest.model_validate_json(source.read())
    except OSError as error:
        raise DeployError(f"{path}: {error.strerror or error}") from None
    except (tarfile.TarError, KeyError, EOFError):
        raise DeployError(f"{path} is no backup that `fab backup` made, or not whole") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DeployError(f"{path}: {MANIFEST}: {where}: {first['msg']}") from None


def taken_out(path: Path, manifest: Manifest, pool: str, folder: Path) -> tuple[File, Path]:
    """Take the data of a pool out, into a folder; raises `DeployError` where they are damaged."""
    part, target = manifest.pools[pool], folder / f"{pool}.tar.gz"
    found = hashlib.sha256()
    try:
        with tarfile.open(path, "r:") as tar, target.open("xb") as copy:
            entry = tar.getmember(target.name)
            source: Any = tar.extractfile(entry) if entry.isreg() else io.BytesIO()
            while piece := source.read(PIECE):
                found.update(piece)
                copy.write(piece)
    except (tarfile.TarError, KeyError, EOFError):
        raise DeployError(f"{path} is not whole: the data of {pool} are missing") from None
    if found.hexdigest() != part.sha256:
        raise DeployError(f"{path} is damaged: the data of {pool} are not what was packed")
    with target.open("rb") as packed:
        checked(pool, packed)
    return File(name=target.name, sha256=part.sha256, size=part.size), target

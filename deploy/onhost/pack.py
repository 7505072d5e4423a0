"""Pack a folder of apps' data into a compressed tar on stdout, as whoever it belongs to.

SQLite's databases are copied by its own backup, one after the other, so each is as it was at
one moment; what belongs to one that is open (its journals) is not packed. The last entry names
every file with its hash: where that is missing, the rest did not arrive.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

MANIFEST = "manifest.json"
DATA = "data"
"""What the entries begin with, but for the manifest."""

LEVEL = 3
"""Most that is large is compressed already, as pictures are."""

MAGIC = b"SQLite format 3\0"
"""What a database begins with (https://www.sqlite.org/fileformat.html, section 1.3)."""

JOURNALS = ("-wal", "-shm", "-journal")
RESERVE = 50_000_000
"""Bytes that stay free while a database is copied."""

PIECE = 1 << 20


class Unpackable(Exception):
    """Data that cannot be packed; says why."""


def main(given: dict[str, Any]) -> None:
    """Pack ``folder`` without the folders ``but`` at its top."""
    folder = Path(given["folder"])
    with (
        closing(gzip.GzipFile(fileobj=sys.stdout.buffer, mode="wb", compresslevel=LEVEL)) as packed,
        closing(tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT)) as tar,
    ):
        told = Packing(folder, tar, frozenset(given["but"])).all()
        text = json.dumps(told).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    sys.stdout.buffer.flush()


class Packing:
    """Puts one folder into one archive."""

    def __init__(self, folder: Path, tar: tarfile.TarFile, but: frozenset[str]) -> None:
        self.folder, self.tar, self.but = folder, tar, but
        self.files: dict[str, dict[str, Any]] = {}
        self.left_out: list[str] = []

    def all(self) -> dict[str, Any]:
        """Pack everything; return what was."""
        for path in self.below(self.folder):
            state = path.lstat()
            name = str(path.relative_to(self.folder))
            if stat.S_ISDIR(state.st_mode):
                self.tar.addfile(self.entry(name, state, tarfile.DIRTYPE))
            elif stat.S_ISREG(state.st_mode):
                self.file(path, name, state)
            else:
                self.left_out.append(name)
                sys.stderr.write(f"left out, for it is no file: {name}\n")
        return {"format": 1, "files": self.files, "left_out": self.left_out}

    def below(self, folder: Path) -> Iterator[Path]:
        """Yield all that is below, each folder before what is in it."""
        there = sorted(folder.iterdir())
        databases = {path.name for path in there if is_database(path)}
        for path in there:
            if folder == self.folder and path.name in self.but:
                continue
            if any(f"{name}{end}" == path.name for name in databases for end in JOURNALS):
                continue
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from self.below(path)

    def file(self, path: Path, name: str, state: os.stat_result) -> None:
        """Pack a file, or a copy of a database."""
        try:
            if is_database(path):
                with copied(path) as copy:
                    self.add(copy, name, state, os.fstat(copy.fileno()).st_size)
            else:
                with path.open("rb") as source:
                    self.add(source, name, state, os.fstat(source.fileno()).st_size)
        except FileNotFoundError:  # as a cache's, or of a session: it is no more
            return
        except (OSError, sqlite3.Error) as error:
            raise Unpackable(f"{path}: {error}") from error

    def add(self, source: Any, name: str, state: os.stat_result, size: int) -> None:
        entry = self.entry(name, state, tarfile.REGTYPE)
        entry.size = size
        hashed = Hashed(source)
        self.tar.addfile(entry, hashed)  # type: ignore[arg-type]
        self.files[name] = {"sha256": hashed.sum.hexdigest(), "size": size}

    @staticmethod
    def entry(name: str, state: os.stat_result, kind: bytes) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(f"{DATA}/{name}")
        entry.type, entry.mode, entry.mtime = kind, state.st_mode & 0o777, int(state.st_mtime)
        return entry


class Hashed:
    """A file whose hash is known once it was read."""

    def __init__(self, source: BinaryIO) -> None:
        self.source, self.sum = source, hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self.source.read(size)
        self.sum.update(piece)
        return piece


def is_database(path: Path) -> bool:
    """Whether a file is a database of SQLite's; what cannot be read is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def copied(path: Path) -> Any:
    """Return a copy of a database as it is at one moment; it is gone when it is closed.

    Nothing is written to the database, but what was cut off in it is taken back first.
    """
    size, free = path.stat().st_size, shutil.disk_usage(tempfile.gettempdir()).free
    if free < size + RESERVE:
        raise Unpackable(f"{path} takes {size:,} bytes; to copy it more than {free:,} must be free")
    copy = tempfile.NamedTemporaryFile()  # noqa: SIM115 - whoever gets it closes it
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(copy.name)) as made,
        ):
            source.backup(made)
    except BaseException:
        copy.close()
        raise
    return copy


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except Unpackable as problem:
        sys.exit(str(problem))
    except BrokenPipeError:
        os._exit(1)

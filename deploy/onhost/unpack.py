"""Unpack what `pack` has packed, from stdin; refuse whatever it would not have packed.

Every file is hashed on the way. Where an entry is a link, a device or anything but a file or a
folder, leads out of its place, comes twice, or is not what the list at the end says, all fails.
"""

import gzip
import hashlib
import json
import os
import sys
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

MANIFEST = "manifest.json"
DATA = "data"
LARGEST_MANIFEST = 200_000_000
DEEPEST = 100
RESERVE, INODES = 200_000_000, 10_000
"""What stays free: a deployment, and all that apps write, need some as well."""

PIECE = 1 << 20


class Refused(Exception):
    """An archive that is not whole, or that nobody packed as data of an app."""


def main(given: dict[str, Any]) -> None:
    """Unpack into ``folder``, which is there and empty, as far as there is room."""
    os.umask(0o077)
    folder = Path(given["folder"])
    check(sys.stdin.buffer, folder)
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    os.sync()


def check(source: Any, into: Path | None = None) -> dict[str, Any]:
    """Read an archive, and unpack it ``into`` a folder if there is one; return its list of files.

    Raises `Refused`.
    """
    found: dict[str, dict[str, Any]] = {}
    told = None
    try:
        with (
            gzip.GzipFile(fileobj=source) as whole,
            tarfile.open(fileobj=whole, mode="r|") as tar,
        ):
            for entry in entries(tar):
                if told is not None:
                    raise Refused(f"{entry.name!r} comes after the list of all that is packed")
                if entry.name == MANIFEST:
                    told = listed(tar, entry)
                    continue
                path = place(entry)
                if into is not None:
                    need_room(into, entry.size)
                if entry.isdir():
                    found.setdefault(f"{path}/", {})
                    if into is not None:
                        (into / path).mkdir(exist_ok=True)
                        (into / path).chmod(entry.mode & 0o777 | 0o700)
                    continue
                if str(path) in found:
                    raise Refused(f"{entry.name!r} comes twice")
                sha256 = kept(tar, entry, into / path if into is not None else None)
                found[str(path)] = {"sha256": sha256, "size": entry.size}
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise Refused(f"it is no archive, or not whole: {error}") from error
    if told is None:
        raise Refused("it is not whole: the list of all that is packed is missing")
    files = {name: one for name, one in found.items() if not name.endswith("/")}
    if told.get("format") != 1:
        raise Refused(f"it is of the format {told.get('format')!r}, this reads 1")
    if files != told.get("files"):
        raise Refused(f"{differing(files, told['files'])} is not as the list of all files says")
    return told


def entries(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield each entry, and forget it: an archive may have millions."""
    while (entry := tar.next()) is not None:
        yield entry
        tar.members = []  # type: ignore[attr-defined]


def place(entry: tarfile.TarInfo) -> PurePosixPath:
    """Return where an entry belongs; raises `Refused` for what is neither file nor folder."""
    if entry.size < 0 or entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
        raise Refused(f"{entry.name!r} is neither a file nor a folder")
    parts = entry.name.split("/")
    if parts[0] != DATA or len(parts) < 2 or len(parts) > DEEPEST:
        raise Refused(f"{entry.name!r} is not below {DATA}/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise Refused(f"{entry.name!r} leads out of its place")
    return PurePosixPath(*parts[1:])


def need_room(folder: Path, size: int) -> None:
    """Raise `Refused` where a file would leave the disk too little room for all else."""
    disk = os.statvfs(folder)
    free, inodes = disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else INODES + 1
    if free - size < RESERVE or inodes <= INODES:
        raise Refused(f"there is no room for all of it: {RESERVE // 1_000_000} MB are to stay free")


def kept(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path | None) -> str:
    """Write a file, which is not there yet, if there is a place for it; return its sha256."""
    source: Any = tar.extractfile(entry)
    found = hashlib.sha256()
    if target is None:
        for piece in pieces(source):
            found.update(piece)
        return found.hexdigest()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        for piece in pieces(source):
            found.update(piece)
            file.write(piece)
    target.chmod(entry.mode & 0o777 | 0o600)
    with suppress(OverflowError):  # a time that no file has
        os.utime(target, (entry.mtime, entry.mtime))
    return found.hexdigest()


def pieces(source: Any) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def listed(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> dict[str, Any]:
    if not entry.isreg() or entry.size > LARGEST_MANIFEST:
        raise Refused(f"{MANIFEST} is no list of files")
    source: Any = tar.extractfile(entry)
    try:
        told = json.loads(source.read())
    except ValueError as error:
        raise Refused(f"{MANIFEST} cannot be read: {error}") from error
    if not isinstance(told, dict) or not isinstance(told.get("files"), dict):
        raise Refused(f"{MANIFEST} is no list of files")
    return told


def differing(found: dict[str, Any], told: dict[str, Any]) -> str:
    return repr(next(n for n in sorted({*found, *told}) if found.get(n) != told.get(n)))


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except (Refused, OSError) as problem:
        sys.exit(str(problem))

"""Files from a client: kept only if they are what they are said to be."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

from deploy.bundle import File
from deploy.errors import PlanError
from deploy.onhost.whole import sync

PIECE = 1 << 20

ROOM_BYTES, ROOM_INODES = 100_000_000, 5_000
"""What stays free, whatever a client sends: all else on the server needs some as well."""

ASIDE = ".new-"
"""How a file is called as long as not all of it has come."""

OLD_SECONDS = 3600
"""After how long a file that no release has was not sent for one that is about to begin."""


class Store:
    """Every file ever shipped and still in use, by its sha256."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def lacking(self, files: Iterable[File]) -> list[str]:
        """Return the hashes of the files that are not there."""
        return [file.sha256 for file in files if not (self.folder / file.kept).exists()]

    def take(self, file: File, source: BinaryIO) -> bool:
        """Read a file from ``source`` and keep it; raises `PlanError`, keeping nothing."""
        kept = self.folder / file.kept
        aside = kept.with_name(f"{ASIDE}{get_ident()}")  # another client may send the same one
        found = hashlib.sha256()
        coming = pieces(source, file.size)
        try:
            kept.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.need_room(file.size)
            with aside.open("wb") as copy:
                for piece in coming:
                    found.update(piece)
                    copy.write(piece)
                copy.flush()
                os.fsync(copy.fileno())
            if found.hexdigest() == file.sha256:
                aside.replace(kept)
                sync(kept.parent)
                return True
            wrong = f"has sha256 {found.hexdigest()}, should be {file.sha256}"
        except OSError as error:
            wrong = error.strerror or str(error)
            for _ in coming:  # or the rest of it would be taken for requests
                pass
        with suppress(OSError):
            aside.unlink()
        raise PlanError(f"cannot keep {file.name}: {wrong}")

    def clear(self) -> None:
        """Remove what an agent that was killed had not received whole; nobody sends meanwhile."""
        for path in self.folder.glob(f"*/{ASIDE}*"):
            path.unlink()

    def need_room(self, size: int) -> None:
        """Raise `OSError` where a file would leave the server, or its next journal, no room."""
        if self.has_room(size):
            return
        now = time.time()
        for path in self.folder.glob("*/*"):
            state = path.lstat()
            # One from the future was sent before the clock was set back.
            fresh = now - OLD_SECONDS < state.st_mtime < now + OLD_SECONDS
            if state.st_nlink == 1 and not fresh:  # no release has it
                path.unlink()
        if not self.has_room(size):
            raise OSError(errno.ENOSPC, f"{size:,} bytes would leave the disk too little room")

    def has_room(self, size: int) -> bool:
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize - size > ROOM_BYTES and (
            not disk.f_files or disk.f_favail > ROOM_INODES
        )


def pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield what comes, as far as ``size`` bytes."""
    while size and (piece := source.read(min(size, PIECE))):
        size -= len(piece)
        yield piece

"""Files from a client: kept only if they are what they are said to be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

from deploy.agent.journal import sync_folder
from deploy.bundle import File
from deploy.errors import PlanError
from deploy.layout import Layout

PIECE = 1 << 20


class Store:
    """Every file ever shipped and still in use, by its sha256."""

    def __init__(self, at: Layout) -> None:
        self.folder = Path(at.store)

    def lacking(self, files: Iterable[File]) -> list[str]:
        """Return the hashes of the files that are not there."""
        return [file.sha256 for file in files if not (self.folder / file.kept).exists()]

    def take(self, file: File, source: BinaryIO) -> bool:
        """Read a file from ``source`` and keep it; raises `PlanError`, keeping nothing."""
        kept = self.folder / file.kept
        aside = kept.with_name(f".new-{get_ident()}")  # another client may send the same one
        found = hashlib.sha256()
        coming = pieces(source, file.size)
        try:
            kept.parent.mkdir(mode=0o755, exist_ok=True)
            with aside.open("wb") as copy:
                for piece in coming:
                    found.update(piece)
                    copy.write(piece)
                copy.flush()
                os.fsync(copy.fileno())
            if found.hexdigest() == file.sha256:
                aside.replace(kept)
                sync_folder(kept.parent)
                return True
            wrong = f"has sha256 {found.hexdigest()}, should be {file.sha256}"
        except OSError as error:
            wrong = error.strerror or str(error)
            for _ in coming:  # or the rest of it would be taken for requests
                pass
        with suppress(OSError):
            aside.unlink()
        raise PlanError(f"cannot keep {file.name}: {wrong}")


def pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield what comes, as far as ``size`` bytes."""
    while size and (piece := source.read(min(size, PIECE))):
        size -= len(piece)
        yield piece

"""Files from a client: kept only if they are what they are said to be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
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
        kept.parent.mkdir(mode=0o755, exist_ok=True)
        aside = kept.with_name(".new")
        found, rest, full = hashlib.sha256(), file.size, ""
        with aside.open("wb") as copy:
            while rest and (piece := source.read(min(rest, PIECE))):
                found.update(piece)
                rest -= len(piece)
                if full:
                    continue
                try:
                    copy.write(piece)
                    copy.flush()
                except OSError as error:  # what is still to come must be read all the same
                    full = error.strerror or str(error)
            if not full:
                os.fsync(copy.fileno())
        wrong = full or (found.hexdigest() != file.sha256 and f"has sha256 {found.hexdigest()}")
        if wrong:
            aside.unlink()
            raise PlanError(f"cannot keep {file.name}: {wrong}, should be {file.sha256}")
        aside.replace(kept)
        sync_folder(kept.parent)
        return True

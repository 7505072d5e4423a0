"""Which papers does the association give out: minutes, rules, plans of the yard?"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

from flask import current_app

LONGEST_NAME = 200
"""In bytes; a file system takes 255."""


@dataclass(frozen=True, slots=True)
class Paper:
    name: str
    """Names the paper in its address, and on the disk of whoever saves it."""

    bytes: int
    added: date


def folder() -> Path:
    """Return where papers are; from below ``downloads`` nginx sends them by itself."""
    return Path(current_app.instance_path) / "downloads"


def papers() -> Iterator[Paper]:
    """Yield all papers, by name."""
    try:
        names = sorted(path.name for path in folder().iterdir())
    except FileNotFoundError:
        return
    for name in names:
        if (paper := find(name)) is not None:
            yield paper


def find(name: str) -> Paper | None:
    """Return a paper, None for what is none."""
    if not is_name(name):
        return None
    try:
        state = (folder() / name).lstat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(state.st_mode):
        return None
    return Paper(name, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC).date())


def is_name(name: str) -> bool:
    """Whether a paper may be called like that.

    >>> is_name("Minutes, 5 November.pdf"), is_name("../portal.sqlite3"), is_name(".new")
    (True, False, False)
    """
    short = len(name.encode("utf-8", "replace")) <= LONGEST_NAME
    return short and name.isprintable() and "/" not in name and not name.startswith((".", " "))


def add(name: str, source: BinaryIO) -> Paper | None:
    """Put a paper there, whole or not at all, in place of one of its name; None for a bad name."""
    if not is_name(name):
        return None
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    new = folder() / f".new-{os.getpid()}"
    with new.open("wb") as file:
        shutil.copyfileobj(source, file)
    new.replace(folder() / name)
    return find(name)

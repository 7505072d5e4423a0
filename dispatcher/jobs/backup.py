"""Copy an app's SQLite databases before its migration, while others go on writing to them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from dispatcher.errors import DispatcherError

FOLDER = "before-migrations"
KEEP = 3
"""How many backups of an app stay."""

STAMP = "%Y%m%dT%H%M%S"

MAGIC = b"SQLite format 3\0"
"""What a database begins with (https://www.sqlite.org/fileformat.html, section 1.3)."""

ROOM = 1.1
"""As much as the databases take must be free, and a little more."""


class BackupError(DispatcherError):
    """A backup that could not be made: then nothing is migrated either."""


def back_up(state: str, app: str, release: str = "", others: Collection[str] = ()) -> list[Path]:
    """Copy the databases below ``state``, other than in the folders of ``others``; return where to.

    The newest three backups of an app are kept. Raises `BackupError` where there is no room or
    a database cannot be read.
    """
    home = Path(state.partition(":")[0])
    found = list(databases(home, {FOLDER, *others}))
    if not found:
        return []
    size = sum(path.stat().st_size for path in found)
    free = shutil.disk_usage(home).free
    if free < size * ROOM:
        raise BackupError(f"{app}: its databases take {size:,} bytes and {free:,} are free")
    folder = home / FOLDER / app / "-".join(filter(None, (stamp(home / FOLDER / app), release)))
    copies = [folder / path.relative_to(home) for path in found]
    for path, target in zip(found, copies, strict=True):
        copy(app, path, target)
    for old in sorted((home / FOLDER / app).iterdir())[:-KEEP]:
        shutil.rmtree(old)
    count = "1 database" if len(copies) == 1 else f"{len(copies)} databases"
    print(f"{app}: a backup of {count} is in {folder}", flush=True)  # noqa: T201
    return copies


def stamp(folder: Path) -> str:
    """Return the time, UTC, as in a backup's name; a second after the last where that is later.

    So the last is last also where the clock was set back, and is not taken for the oldest.
    """
    now = datetime.now(UTC)
    for path in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        with suppress(ValueError):
            last = datetime.strptime(path.name.partition("-")[0], STAMP).replace(tzinfo=UTC)
            return f"{max(now, last + timedelta(seconds=1)):{STAMP}}"
    return f"{now:{STAMP}}"


def databases(folder: Path, but: Collection[str] = ()) -> Iterator[Path]:
    """Yield each file that is a database, in the order of their names; links are not followed."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in but:
            continue
        if path.is_dir():
            yield from databases(path)
        elif path.is_file() and is_database(path):
            yield path


def is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def copy(app: str, path: Path, target: Path) -> None:
    """Copy a database as it is at one moment, whole and on the disk or not at all."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.new")
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(new)) as made,
        ):
            source.backup(made)
    except sqlite3.Error as error:
        raise BackupError(f"{app}: no backup of {path}: {error}") from error
    new.chmod(0o600)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.rename(target)

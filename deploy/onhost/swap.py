"""Put other data in the place of a pool's, or back, while nothing of the pool runs.

The two folders change places by one renameat2(2), so that there is always exactly one. Which of
them is in the place is told by the inode, noted before: whatever is cut off can be done again.
With a service that runs, that is restarted, and the folders change between its end and its start
(``ExecStartPre=`` calls this anew): visitors wait at its socket meanwhile.
"""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

AT_FDCWD, RENAME_EXCHANGE = -100, 2
SAID_LINES = 40


class Unchanged(Exception):
    """A unit that would not come up, or folders that cannot change places."""


def main(given: dict[str, Any]) -> None:
    """Have the folder that is ``new`` in the place, or the ``old``, as ``to`` says."""
    note = Path(given["note"])
    if not note.exists():
        if given["to"] == "old":  # nothing has changed places yet
            return
        write(note, {"new": Path(given["other"]).stat().st_ino})
    write(note, {**json.loads(note.read_text()), "to": given["to"]})
    if any(runs(given[kind]) for kind in ("service", "socket")):  # not so while a server boots
        bring_up("restart", given["service"])
    change(given)


def runs(unit: str) -> bool:
    words = ("systemctl", "is-active", unit)
    state = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    return state not in ("inactive", "unknown", "")


def bring_up(word: str, unit: str) -> None:
    """Start or restart a unit; raises `Unchanged` with what it said."""
    subprocess.run(("systemctl", "reset-failed", unit), capture_output=True, check=False)
    if subprocess.run(("systemctl", word, unit), capture_output=True, check=False).returncode:
        words = ("journalctl", "--unit", unit, "--lines", str(SAID_LINES), "--output", "cat")
        said = subprocess.run((*words, "--no-pager"), capture_output=True, text=True, check=False)
        raise Unchanged(f"{said.stdout}{unit} did not start")


def change(given: dict[str, Any]) -> None:
    """Let the folders change places, unless they are as they should be."""
    told = json.loads(Path(given["note"]).read_text())
    place, other = Path(given["place"]), Path(given["other"])
    if (place.stat().st_ino == told["new"]) == (told["to"] == "new"):
        return
    if told["new"] not in (place.stat().st_ino, other.stat().st_ino):
        raise Unchanged(f"neither {place} nor {other} is what was unpacked")
    library = ctypes.CDLL(None, use_errno=True)
    failed = library.renameat2(
        AT_FDCWD, os.fsencode(place), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE
    )
    if failed:
        reason = os.strerror(ctypes.get_errno())
        raise Unchanged(f"{place} and {other} cannot change places: {reason}")
    for folder in {place.parent, other.parent}:
        sync(folder)


def write(path: Path, what: dict[str, Any]) -> None:
    new = path.with_name(f"{path.name}.new")
    with new.open("w") as file:
        json.dump(what, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def before(place: str, other: str, note: str, *migrations: str) -> None:
    """Do what is to be done before a pool starts: databases are migrated with the data there."""
    change({"place": place, "other": other, "note": note})
    for unit in migrations:
        bring_up("start", unit)


if __name__ == "__main__":
    try:
        before(*sys.argv[1:])
    except (Unchanged, OSError) as problem:
        sys.exit(str(problem))

"""Put other data in the place of a pool's, or back, while nothing of the pool runs.

Two renames, and what is there tells how far it is, also after a kill or a power cut: what was in
the place is ``old``, which nothing here ever removes, and what was to come is ``other`` as long
as it has not come. With a service that runs, that is restarted, and the folders change between
its end and its start (``ExecStartPre=`` calls this anew): visitors wait at its socket meanwhile.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.onhost.whole import sync, write

SAID_LINES = 40


class Unchanged(Exception):
    """A unit that would not come up."""


def main(given: dict[str, Any]) -> None:
    """Have what was to come in the place, or what was there, as ``to`` says: new or old."""
    note = Path(given["note"])
    if given["to"] == "old" and not Path(given["old"]).exists():  # it never began
        note.unlink(missing_ok=True)
        return
    write(note, given["to"].encode())
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
    """Let the folders change places as the note says, as far as they have not yet.

    An empty folder in the place is systemd's, made where there was none: rename(2) replaces it.
    """
    place, other, old = (Path(given[name]) for name in ("place", "other", "old"))
    if Path(given["note"]).read_text() == "new":
        if other.exists():
            if not old.exists():
                moved(place, old)
            moved(other, place)
    elif old.exists():
        if not other.exists():
            moved(place, other)
        moved(old, place)


def moved(one: Path, to: Path) -> None:
    one.rename(to)
    for folder in {one.parent, to.parent}:
        sync(folder)


def before(place: str, other: str, old: str, note: str, *migrations: str) -> None:
    """Do what is to be done before a pool starts: databases are migrated with the data there."""
    change({"place": place, "other": other, "old": old, "note": note})
    for unit in migrations:
        bring_up("start", unit)


if __name__ == "__main__":
    try:
        before(*sys.argv[1:])
    except (Unchanged, OSError) as problem:
        sys.exit(str(problem))

"""Before a migration each database of an app is copied whole, while others write to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dispatcher.jobs.backup import FOLDER, KEEP, BackupError, back_up, databases


def database(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE IF NOT EXISTS member (name)")
        made.executemany("INSERT INTO member VALUES (?)", [(row,) for row in rows])
    return path


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as made:
        return [name for (name,) in made.execute("SELECT name FROM member")]


def test_a_copy_has_what_was_committed_and_nothing_of_a_transaction_under_way(
    tmp_path: Path,
) -> None:
    path = database(tmp_path / "club" / "club.db", "ada")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("INSERT INTO member VALUES ('not yet')")

        (copy,) = back_up(str(tmp_path), "club", "r1")

    assert rows(copy) == ["ada"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.relative_to(tmp_path).parts[:2] == (FOLDER, "club")
    assert copy.parent.parent.name.endswith("-r1")


def test_what_is_no_database_or_of_another_app_is_left_out(tmp_path: Path) -> None:
    own = database(tmp_path / "club.db")
    database(tmp_path / "shop" / "shop.db")
    (tmp_path / "club").mkdir()
    (tmp_path / "club" / "notes.db").write_text("none")
    (tmp_path / "club" / "link.db").symlink_to(own)
    (tmp_path / "club" / "empty.db").touch()

    assert list(databases(tmp_path, {"shop"})) == [own]
    assert back_up(str(tmp_path / "nowhere"), "club") == []


def test_the_last_copy_stays_also_where_the_clock_was_set_back(tmp_path: Path) -> None:
    database(tmp_path / "club.db")
    for day in range(1, KEEP + 1):
        (tmp_path / FOLDER / "club" / f"20990{day}01T120000-r{day}").mkdir(parents=True)

    (copy,) = back_up(str(tmp_path), "club", "r9")
    (again,) = back_up(str(tmp_path), "club", "r8")

    kept = sorted(path.name for path in (tmp_path / FOLDER / "club").iterdir())
    assert (copy.exists(), again.exists()) == (True, True)
    assert kept[-2:] == ["20990301T120001-r9", "20990301T120002-r8"]


def test_the_newest_stay(tmp_path: Path) -> None:
    database(tmp_path / "club.db", "ada")
    for number in range(KEEP + 2):
        back_up(str(tmp_path), "club", f"r{number}")

    kept = sorted(path.name[-2:] for path in (tmp_path / FOLDER / "club").iterdir())
    assert kept == [f"r{number}" for number in range(2, KEEP + 2)]


def test_what_cannot_be_copied_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)

    with pytest.raises(BackupError, match=r"club: no backup of .*broken\.db"):
        back_up(str(tmp_path), "club")

"""Data are packed as they are at one moment, and of what was packed nothing else is unpacked."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy.onhost import unpack
from deploy.onhost.unpack import Refused, check


def packed(folder: Path) -> bytes:
    given = json.dumps({"folder": str(folder), "but": ["before-migrations"]})
    words = (sys.executable, "-m", "deploy.onhost.pack", given)
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def tree(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Return each file and folder with its mode, and what is in it."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode & 0o777,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the data of an app: uploads of any name, and an empty folder."""
    folder = tmp_path / "data"
    for name in ("uploads/a", "uploads/b c/ü\n$x", "empty", "odd"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 1000)
    (folder / "odd").rename(folder / os.fsdecode(b"\xff\xfe"))
    (folder / "empty").unlink()
    (folder / "empty").mkdir(mode=0o750)
    (folder / "uploads" / "a").chmod(0o640)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def test_what_is_packed_is_unpacked_as_it_was(data: Path, place: Path) -> None:
    (data / "before-migrations").mkdir()
    (data / "before-migrations" / "copy").touch()
    (data / "link").symlink_to("/etc/passwd")
    os.mkfifo(data / "pipe")

    told = check(io.BytesIO(packed(data)), place)

    for name in ("before-migrations/copy", "link", "pipe"):
        (data / name).unlink()
    (data / "before-migrations").rmdir()
    assert tree(place) == tree(data)
    assert told["left_out"] == ["link", "pipe"]


def test_a_database_is_as_it_was_at_one_moment_while_others_write(data: Path, place: Path) -> None:
    with closing(sqlite3.connect(data / "shop.db", isolation_level=None)) as shop:
        shop.execute("PRAGMA journal_mode = WAL")
        shop.execute("CREATE TABLE item (n)")
        shop.executemany("INSERT INTO item VALUES (?)", [(n,) for n in range(1000)])
        shop.execute("BEGIN IMMEDIATE")
        shop.execute("DELETE FROM item")

        check(io.BytesIO(packed(data)), place)

    assert [path.name for path in place.glob("shop*")] == ["shop.db"]
    with closing(sqlite3.connect(place / "shop.db")) as copy:
        assert copy.execute("SELECT count(*) FROM item").fetchone() == (1000,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("rest", [0, 100, -100, -30])
def test_an_archive_that_is_cut_off_is_refused(data: Path, place: Path, rest: int) -> None:
    with pytest.raises(Refused, match="not whole"):
        check(io.BytesIO(packed(data)[:rest]), place)


Change = Callable[[tarfile.TarInfo], None]


def crafted(*entries: tuple[tarfile.TarInfo, bytes], manifest: Any = None) -> io.BytesIO:
    """Return an archive of these entries, with the list that would be right if it were one."""
    made = io.BytesIO()
    with gzip.open(made, "wb") as whole, tarfile.open(fileobj=whole, mode="w|") as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
        text = json.dumps(manifest or {"format": 1, "files": {}}).encode()
        last = tarfile.TarInfo("manifest.json")
        last.size = len(text)
        tar.addfile(last, io.BytesIO(text))
    return io.BytesIO(made.getvalue())


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0
) -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type, one.linkname, one.size = kind, link, size
    return one


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (entry("data/x", tarfile.SYMTYPE, "/etc"), "neither a file nor a folder"),
        (entry("data/x", tarfile.LNKTYPE, "/etc/shadow"), "neither a file nor a folder"),
        (entry("data/x", tarfile.CHRTYPE), "neither a file nor a folder"),
        (entry("data/x", tarfile.FIFOTYPE), "neither a file nor a folder"),
        (entry("/etc/cron.d/x"), "is not below data/"),
        (entry("x"), "is not below data/"),
        (entry("data"), "is not below data/"),
        (entry("data/../x"), "leads out of its place"),
        (entry("data/a/../../x"), "leads out of its place"),
        (entry("data//etc/x"), "leads out of its place"),
        (entry("data/./x"), "leads out of its place"),
        (entry("data" + "/x" * 200), "is not below data/"),
        (entry("data/x"), "'x' is not as the list"),
    ],
    ids=lambda one: f"{one.name[:20]} {one.type!r}" if isinstance(one, tarfile.TarInfo) else "",
)
def test_what_nobody_packed_is_refused(place: Path, one: tarfile.TarInfo, message: str) -> None:
    with pytest.raises(Refused, match=message):
        check(crafted((one, b"")), place)

    assert [path for path in place.rglob("*") if path.is_symlink()] == []
    assert {path.name for path in place.parent.iterdir()} == {"place"}


def test_a_file_that_comes_twice_is_refused(place: Path) -> None:
    with pytest.raises(Refused, match="'data/x' comes twice"):
        check(crafted((entry("data/x"), b""), (entry("data/x"), b"")), place)


def test_a_file_other_than_the_one_that_was_packed_is_refused(place: Path) -> None:
    told = {"format": 1, "files": {"x": {"sha256": "0" * 64, "size": 3}}}

    with pytest.raises(Refused, match="'x' is not as the list"):
        check(crafted((entry("data/x", size=3), b"abc"), manifest=told), place)


def test_what_there_is_no_room_for_is_refused(
    data: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "RESERVE", 1 << 60)

    with pytest.raises(Refused, match="there is no room for all of it"):
        check(io.BytesIO(packed(data)), place)


def test_no_set_user_id_comes_out_of_an_archive(place: Path) -> None:
    one = entry("data/x")
    one.mode = 0o6777
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    told = {"format": 1, "files": {"x": {"sha256": empty, "size": 0}}}

    check(crafted((one, b""), manifest=told), place)

    assert (place / "x").stat().st_mode & 0o7777 == 0o777


@pytest.fixture(autouse=True)
def _mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)

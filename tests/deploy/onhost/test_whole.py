"""A file is the old one or the new one, and nothing lies beside it."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from deploy.onhost.whole import write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_written_for_root_alone_whatever_was_there(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / ".keys.new").write_text("what a killed one left, which is longer")

    write(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["keys"]


def test_what_links_to_the_one_before_keeps_it(tmp_path: Path) -> None:
    path, before = tmp_path / "keys", tmp_path / "keys.before"
    path.write_text("old")
    before.hardlink_to(path)

    write(path, b"new")

    assert before.read_text() == "old"


def test_nothing_stays_of_one_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    (path / "in its place").mkdir(parents=True)

    with pytest.raises(OSError, match="directory") as raised:
        write(path, b"new")

    assert raised.value.errno == errno.EISDIR
    assert names(tmp_path) == ["keys"]

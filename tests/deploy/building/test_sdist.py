from __future__ import annotations

from pathlib import Path

import pytest

from deploy.building.commit import Commit
from deploy.building.sdist import keep, python, source, waiting
from deploy.errors import BuildError


def test_a_build_that_fails_shows_the_end_of_its_output() -> None:
    with pytest.raises(BuildError) as raised:
        python("do that", "-m", "this_is_no_module_at_all")

    first, *rest = str(raised.value).splitlines()
    assert first == "cannot do that (exit status 1)"
    assert "No module named this_is_no_module_at_all" in rest[-1]


WAITS = "import sys; sys.stdin.read(); print(open('there').read()); sys.exit(3)"


def test_a_build_begins_before_its_files_are_there_and_waits_for_them(tmp_path: Path) -> None:
    with (
        pytest.raises(BuildError, match=r"^cannot do that \(exit status 3\)\n  \| whole$"),
        waiting("do that", "-c", WAITS, at=tmp_path),
    ):
        (tmp_path / "there").write_text("whole")


def test_files_that_do_not_come_end_the_build_that_waits_for_them(tmp_path: Path) -> None:
    build = "import pathlib, sys; sys.stdin.read(); pathlib.Path('built').touch()"
    with (
        pytest.raises(BuildError, match=r"^cannot read the commit$"),
        waiting("do that", "-c", build, at=tmp_path),
    ):
        raise BuildError("cannot read the commit")

    assert list(tmp_path.iterdir()) == []


def test_a_finished_folder_is_kept_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "file").write_text("new")

    keep(made, tmp_path / "dist" / "folder")

    assert (tmp_path / "dist/folder/file").read_text() == "new"
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["folder"]


def test_whoever_keeps_a_folder_first_wins(tmp_path: Path) -> None:
    made, folder = tmp_path / "made", tmp_path / "dist" / "folder"
    made.mkdir()
    (made / "file").write_text("second")
    folder.mkdir(parents=True)
    (folder / "file").write_text("first")

    keep(made, folder)

    assert (folder / "file").read_text() == "first"
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["folder"]


def test_what_was_built_is_not_built_again(tmp_path: Path) -> None:
    commit = Commit("1a2b3c4d5e6f", 0)
    folder = tmp_path / "dist" / commit.id
    folder.mkdir(parents=True)

    assert source(tmp_path, commit) == folder

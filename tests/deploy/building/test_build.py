from __future__ import annotations

from pathlib import Path

import pytest

from deploy.building import build
from deploy.building.build import Target, keep, python
from deploy.building.commit import Commit
from deploy.bundle import File
from deploy.errors import BuildError


def test_a_target_takes_every_wheel_its_glibc_can_run() -> None:
    options = Target("3.12", "aarch64", "2.17").pip_options

    assert options[:4] == ["--implementation", "cp", "--python-version", "3.12"]
    assert [word for word in options if word.startswith("manylinux")] == [
        *(f"manylinux_2_{n}_aarch64" for n in range(17, 4, -1)),
        "manylinux2014_aarch64",
        "manylinux2010_aarch64",
        "manylinux1_aarch64",
    ]
    assert options[-6:] == ["--abi", "cp312", "--abi", "abi3", "--abi", "none"]


def test_a_build_that_fails_shows_the_end_of_its_output() -> None:
    with pytest.raises(BuildError) as raised:
        python("do that", "-m", "this_is_no_module_at_all")

    first, *rest = str(raised.value).splitlines()
    assert first == "cannot do that (exit status 1)"
    assert "No module named this_is_no_module_at_all" in rest[-1]


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

    assert build.source(tmp_path, commit) == folder


def test_files_are_known_by_their_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(b"wheel")

    file = File.of(path, "wheels/a.whl")

    assert file.size == 5
    assert file.kept == f"{file.sha256}/a.whl"

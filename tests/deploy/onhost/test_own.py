"""What a build leaves becomes root's, and nothing outside of it, whatever it left."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import perform
from deploy.acting.steps import Script

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")

NOBODY = pwd.getpwnam("nobody").pw_uid


def own(folder: Path, do: str) -> Outcome:
    return perform(Script.of("own", {"do": do, "folder": str(folder), "user": "nobody"}), Here())


def owner(path: Path) -> tuple[int, str]:
    state = path.lstat()
    return state.st_uid, f"{stat.S_IMODE(state.st_mode):o}"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Give a folder as a build leaves it, with links to what is outside."""
    folder = tmp_path / "venv"
    (folder / "lib").mkdir(parents=True)
    (tmp_path / "outside").mkdir(mode=0o777)
    (tmp_path / "outside" / "file").write_text("")
    (folder / "lib" / "run").write_text("")
    (folder / "lib" / "run").chmod(0o6777)
    (folder / "lib" / "shared").hardlink_to(tmp_path / "outside" / "file")
    (folder / "lib" / "out").symlink_to(tmp_path / "outside")
    (folder / "lib" / "file").symlink_to(tmp_path / "outside" / "file")
    (folder / "lib" / "unreadable").touch(mode=0)
    folder.chmod(0o777)
    for path in (folder, folder / "lib", folder / "lib" / "run", folder / "lib" / "unreadable"):
        os.chown(path, NOBODY, NOBODY)
    for link in ("out", "file"):
        os.chown(folder / "lib" / link, NOBODY, NOBODY, follow_symlinks=False)
    (tmp_path / "outside" / "file").chmod(0o666)
    (tmp_path / "outside").chmod(0o777)
    return folder


def test_all_of_it_becomes_roots_and_nothing_outside_changes(built: Path) -> None:
    outside = built.parent / "outside"

    assert own(built, "take") == Outcome(0, "", "")

    assert owner(built) == (0, "755")
    assert owner(built / "lib" / "run") == (0, "755"), "nobody else's to write, nor set-uid"
    assert owner(built / "lib" / "unreadable") == (0, "0")
    assert owner(built / "lib" / "out")[0] == owner(built / "lib" / "file")[0] == 0
    assert owner(outside) == (0, "777")
    assert owner(outside / "file") == (0, "666"), "a file of root's may be linked from elsewhere"


def test_only_folders_are_given_and_no_link_is_followed(built: Path) -> None:
    outside = built.parent / "outside"
    own(built, "take")

    assert own(built, "give") == Outcome(0, "", "")

    assert owner(built)[0] == owner(built / "lib")[0] == NOBODY
    assert {owner(path)[0] for path in (built / "lib").iterdir()} == {0}
    assert owner(outside)[0] == 0


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize("make", [pipe, listening])
def test_what_is_no_file_is_refused_and_not_waited_for(
    built: Path, make: Callable[[Path], None]
) -> None:
    make(built / "x")

    outcome = own(built, "take")

    assert outcome == Outcome(1, "", f"{built}/x is neither a file, a folder nor a link\n")


def test_a_folder_that_is_a_link_is_not_entered(built: Path) -> None:
    link = built.parent / "link"
    link.symlink_to(built.parent / "outside")

    assert own(link, "give").exit_code == 1
    assert owner(built.parent / "outside")[0] == 0


def test_folders_without_end_are_refused(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)

    assert own(deep, "take").exit_code == 1
    assert perform(Script.of("own", {"do": "take", "folder": str(tmp_path)}), Here()).exit_code
    subprocess.run(("rm", "-rf", str(deep)), check=True)  # pytest's own way has an end

"""The sdist: the same commit gives the same bytes, with what a server needs and no more."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from deploy.building import sdist
from deploy.building.commit import head

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git and a clone"
)


def clone(to: Path, umask: int, days_ago: int) -> Path:
    """Clone the project, with permissions and times of its own, and litter beside."""
    before = os.umask(umask)
    try:
        words = ["git", "clone", "--quiet", "--shared", str(ROOT), str(to)]
        subprocess.run(words, check=True)
        for litter in ("dist/old.tar.gz", ".venv/bin/python", "untracked.txt"):
            (to / litter).parent.mkdir(parents=True, exist_ok=True)
            (to / litter).write_text("not in a release")
    finally:
        os.umask(before)
    for path in to.rglob("*"):
        if ".git" not in path.relative_to(to).parts:
            os.utime(path, (1e9 - days_ago * 86400,) * 2)
    return to


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build the sdist in two clones."""
    found: list[Path] = []
    before = os.umask(0o022)
    try:
        for name, umask, days_ago in (("one", 0o022, 0), ("two", 0o077, 1000)):
            root = clone(tmp_path_factory.mktemp(name) / "tree", umask, days_ago)
            os.umask(umask)
            found += sdist.source(root, head(root)).glob("*.tar.gz")
    finally:
        os.umask(before)
    return found


@pytest.fixture(scope="module")
def members(archives: list[Path]) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(archives[0]) as archive:
        return {m.name.partition("/")[2]: m for m in archive.getmembers()}


def test_two_builds_of_one_commit_are_the_same_byte_for_byte(archives: list[Path]) -> None:
    one, two = (hashlib.sha256(path.read_bytes()).hexdigest() for path in archives)

    assert one == two


@pytest.mark.parametrize(
    "path",
    [
        "site.toml",
        "setup.py",
        "pyproject.toml",
        "PKG-INFO",
        "LICENSE",
        "requirements/site.txt",
        "apps/portal/__init__.py",
        "apps/portal/templates",
        "apps/portal/static",
        "dispatcher/routing/page.html",
        "deploy/onhost/ask.py",
        "deploy/units/pool.service.j2",
        "nginx/site.conf.j2",
    ],
)
def test_what_a_site_is_made_of_is_in_it(members: dict[str, tarfile.TarInfo], path: str) -> None:
    assert path in members


@pytest.mark.parametrize("path", ["dist", ".venv", ".git", "untracked.txt", "tests", "docs"])
def test_what_is_not_committed_or_for_no_server_is_not_in_it(
    members: dict[str, tarfile.TarInfo], path: str
) -> None:
    assert not [name for name in members if name == path or name.startswith(f"{path}/")]


def test_every_committed_file_of_the_apps_is_in_it(members: dict[str, tarfile.TarInfo]) -> None:
    words = ["git", "-C", str(ROOT), "ls-tree", "-r", "--name-only", "HEAD", "apps", "dispatcher"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) <= set(members)


def test_nothing_in_it_tells_who_built_it_or_when(members: dict[str, tarfile.TarInfo]) -> None:
    committed = head(ROOT).epoch

    assert {m.mtime for m in members.values()} == {committed}
    assert {(m.uid, m.gid, m.uname, m.gname) for m in members.values()} == {(0, 0, "", "")}
    assert {m.mode for m in members.values()} <= {0o755, 0o644}

"""From a commit to its sdist.

Nothing heavy is imported: the sooner a build begins, the sooner there is something to upload.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from deploy.building.commit import Commit, check_out
from deploy.errors import BuildError

DIST = Path("dist")
"""Below the project; what is in it can always be made again."""

HOOK = """\
import sys
from setuptools.build_meta import build_sdist
sys.stdin.read()
build_sdist(sys.argv[1])
"""
"""What a frontend would call (PEP 517), without the quarter of a second it takes itself.

It is imported while the files are checked out, and called once there is no more to wait for.
"""


def source(root: Path, commit: Commit) -> Path:
    """Return the folder with the commit's sdist, built unless it is there."""
    folder = root / DIST / commit.id
    if not folder.is_dir():
        sdist(root, commit, folder)
    return folder


def sdist(root: Path, commit: Commit, folder: Path) -> None:
    """Put the commit's sdist, its site.toml and its locked requirements into ``folder``."""
    with scratch() as aside:
        tree, made = aside / "tree", aside / "made"
        tree.mkdir()
        fixed = {"SOURCE_DATE_EPOCH": str(commit.epoch), "PYTHONHASHSEED": "0"}
        with waiting("build the sdist", "-P", "-c", HOOK, str(made), at=tree, **fixed):
            check_out(root, commit, tree)
        shutil.copy(tree / "site.toml", made / "site.toml")
        shutil.copy(tree / "requirements" / "site.txt", made / "requirements.txt")
        keep(made, folder)


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder; it is removed while whoever had it goes on, for that takes its time."""
    folder = Path(tempfile.mkdtemp(prefix="flaskyard-"))
    try:
        yield folder
    finally:
        Thread(target=shutil.rmtree, args=(folder,)).start()


def keep(made: Path, folder: Path) -> None:
    """Move a finished folder to its place, which never holds half of one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as aside:
        shutil.copytree(made, Path(aside, folder.name))
        try:
            Path(aside, folder.name).rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            # Another process was first, with the same bytes.


def python(what: str, *words: str) -> None:
    """Run this environment's Python; raises `BuildError` with the end of what it said."""
    done = subprocess.run(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    refuse_failed(what, done.returncode, done.stdout)


@contextmanager
def waiting(what: str, *words: str, at: Path, **variables: str) -> Iterator[None]:
    """Begin it in a folder, and return once it has ended; its stdin ends with the block."""
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=at,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield
        except BaseException:
            process.kill()
            raise
        said, _ = process.communicate()
    refuse_failed(what, process.returncode, said)


def refuse_failed(what: str, code: int, said: str) -> None:
    if code:
        tail = "".join(f"\n  | {line}" for line in said.splitlines()[-25:])
        raise BuildError(f"cannot {what} (exit status {code}){tail}")

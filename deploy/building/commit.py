"""Which commit is deployed, and what of the working tree is not in it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.errors import BuildError


@dataclass(frozen=True, slots=True)
class Commit:
    """What is built: a commit, never the working tree."""

    sha: str
    epoch: int
    """Committed at, in seconds since 1970."""

    @property
    def id(self) -> str:
        return f"{datetime.fromtimestamp(self.epoch, UTC):%Y%m%dT%H%M%S}-{self.sha[:7]}"


def head(root: Path) -> Commit:
    """Return the commit checked out in ``root``; raises `BuildError` where there is none."""
    top = Path(git(root, "rev-parse", "--show-toplevel"))
    if top.resolve() != root.resolve():
        raise BuildError(f"the project must be a git repository of its own, not part of {top}")
    sha, epoch = git(root, "log", "-1", "--no-show-signature", "--format=%H %ct").split()
    return Commit(sha, int(epoch))


def uncommitted(root: Path) -> list[str]:
    """Return the paths that differ from the commit, and so are not part of a release."""
    return [line[3:] for line in git(root, "status", "--porcelain").splitlines()]


def check_out(root: Path, commit: Commit, tree: Path) -> None:
    """Fill an empty folder with the commit's files, and the history that versions are made of."""
    git(root, "clone", "--quiet", "--shared", "--no-checkout", str(root.resolve()), str(tree))
    git(tree, "checkout", "--quiet", "--detach", commit.sha)


def git(root: Path, *words: str) -> str:
    """Run git; raises `BuildError` with what it says and, for the usual reasons, what to do."""
    command = ["git", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BuildError("a release is a commit, and git is not installed here") from None
    if done.returncode == 0:
        return done.stdout.rstrip("\n")
    said = done.stderr.strip()
    if "not a git repository" in said:
        todo = "git init && git add . && git commit"
        raise BuildError(f"a release is a commit, and this is no git repository; run: {todo}")
    if "does not have any commits" in said:
        raise BuildError("a release is a commit, and there is none yet; run: git commit")
    raise BuildError(f"cannot read the commit: git {words[0]}: {said}")

"""Run programs in an image that is being made."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import mounts, shell

QUIET = {"DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}


@dataclass(frozen=True, slots=True)
class Chroot:
    """A file system that is not running."""

    root: Path

    def run(
        self, *words: str, check: bool = True, feed: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return shell.run("chroot", self.root, *words, check=check, feed=feed, environ=QUIET)

    def apt(self, *words: str) -> subprocess.CompletedProcess[str]:
        options = ("-qq", "-y", "--no-install-recommends", "-o", "APT::Sandbox::User=root")
        return self.run("apt-get", *options, *words)


@contextmanager
def mounted(root: Path, debs: Path) -> Iterator[Chroot]:
    """Give it what packages expect when they are installed.

    apt keeps its packages in ``debs``, outside, so that the next image fetches nothing.
    """
    (debs / "partial").mkdir(parents=True, exist_ok=True)
    try:
        shell.run("mount", "-t", "proc", "proc", root / "proc")
        shell.run("mount", "-t", "devtmpfs", "dev", root / "dev")
        shell.run("mount", "--bind", debs, root / "var/cache/apt/archives")
        yield Chroot(root)
    finally:
        mounts.clear(root)

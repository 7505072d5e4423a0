"""Run a program of this machine, as words, and take what it says."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.lab.errors import CommandFailed

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(
    *words: str | Path,
    check: bool = True,
    feed: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run to the end; ``stdout`` of the result holds both streams as they came."""
    argv = [str(word) for word in words]
    done = subprocess.run(
        argv,
        check=False,
        text=True,
        input=feed,
        stdin=subprocess.DEVNULL if feed is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", **(environ or {})},
    )
    if check and done.returncode:
        raise CommandFailed(argv, done.returncode, done.stdout)
    return done


def try_to(*words: str | Path) -> bool:
    """Run, and say whether it went well: for what may be done or gone already."""
    return run(*words, check=False).returncode == 0

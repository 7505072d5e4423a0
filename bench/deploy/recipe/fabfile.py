"""How does the Flask documentation deploy with Fabric? The recipe, to be compared with ours.

It is the chapter "Deploying with Fabric": ``fab pack deploy`` makes a source archive, puts
it to /tmp, installs it into the one virtual environment of the server, and restarts the
application. Brought to Fabric 3, systemd instead of mod_wsgi, and a line of time a step.
"""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fabric import task

PIP = ("/var/www/recipe/env/bin/pip", "install", "--no-index", "--no-build-isolation")
"""pip would otherwise look for setuptools where the server has no way to."""


@task  # type: ignore[untyped-decorator]
def pack(c: Any) -> None:
    """Make the source archive."""
    with told(c, "build the sdist"):
        c.local(shlex.join([sys.executable, "setup.py", "sdist", "--formats=gztar"]), hide=True)


@task  # type: ignore[untyped-decorator]
def deploy(c: Any, archive: str = "") -> None:
    """Install the newest archive of ./dist, or the one named, and restart the application."""
    local = Path("dist", archive) if archive else newest()
    remote = f"/tmp/{local.name}"
    with told(c, "connect and upload"):
        c.put(str(local), remote)
    with told(c, "install with pip"):
        c.run(shlex.join([*PIP, remote]), hide=True)
    with told(c, "remove the archive"):
        c.run(shlex.join(["rm", "-r", remote]))
    with told(c, "restart"):
        c.run("sudo systemctl restart recipe.service")


def newest() -> Path:
    return max(Path("dist").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime_ns)


@contextmanager
def told(c: Any, note: str) -> Iterator[None]:
    """Say how long a step took, as ours says it."""
    started = time.monotonic()
    yield
    print(
        f"{c.original_host}  {time.monotonic() - started:6.2f} s  {note}",
        file=sys.stderr,
        flush=True,
    )

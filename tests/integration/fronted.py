"""A site behind the real nginx and gunicorn, as on a server."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dispatcher.registry.site_toml import load
from tests.deploy.webserver import Web, fronting
from tests.integration.served import environment, until, with_all_children

GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "python:dispatcher.gunicorn"]


@contextmanager
def folder_of(site: str, **modules: str) -> Iterator[Path]:
    """Give a folder with a site.toml and some modules, which nginx may look into.

    Its path is short: that of a socket may have 107 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "site.toml").write_text(site)
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(text)
        yield folder


@contextmanager
def fronted(folder: Path) -> Iterator[Web]:
    """Serve the site in a folder."""
    with serving(folder), fronting(load(folder / "site.toml"), folder) as web:
        yield web


@contextmanager
def serving(folder: Path, pool: str = "default", **variables: str) -> Iterator[None]:
    """Run gunicorn at the socket that nginx has for the pool, as a unit does."""
    at = folder / f"{pool}.sock"
    environ = environment()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*GUNICORN, "--bind", f"unix:{at}"],
            cwd=folder,
            env={
                **environ,
                "PYTHONPATH": f"{folder}:{environ['PYTHONPATH']}",
                "DISPATCHER_PROXIES": "1",
                "DISPATCHER_POOL": pool,
                "DISPATCHER_LOG": "json",
                **variables,
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until("gunicorn listens", lambda: process.poll() is not None or is_listened(at))
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        with_all_children(process)


def is_listened(at: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(at)) == 0

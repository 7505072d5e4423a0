"""A site of a test's own, served by the real command and asked over real HTTP."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def until(what: str, holds: Callable[[], bool]) -> None:
    """Ask again until it holds; fail saying ``what`` after `PATIENCE_SECONDS`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_SECONDS} seconds: {what}")
        time.sleep(0.05)


class Served:
    """A running site."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, at: str, log: Path) -> None:
        self.process, self.port, self.at, self.log = process, port, at, log

    def get(self, path: str = "/", host: str = "localhost", **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.at, self.port, timeout=PATIENCE_SECONDS)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers={"Host": f"{host}:{self.port}", **named})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), dict(answer.getheaders()))
        finally:
            connection.close()

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are; return all that comes back until the server closes."""
        with socket.create_connection((self.at, self.port), PATIENCE_SECONDS) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def shows(self, text: str, path: str = "/", host: str = "localhost") -> None:
        """Wait until a page has ``text`` in it: a reload takes a moment."""

        def there() -> bool:
            try:
                return text in self.get(path, host).text
            except (OSError, http.client.HTTPException):
                return False

        until(f"{text!r} at {host}{path}\n{self.told}", there)

    @property
    def told(self) -> str:
        """What the command has written so far, without colours."""
        return re.sub(r"\x1b\[\d*m", "", self.log.read_text())

    def stop(self) -> int:
        """Press Ctrl-C in its terminal; return the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


def command(*words: str, python: str = sys.executable) -> list[str]:
    return [python, "-m", "dispatcher", *words]


@contextmanager
def served(
    folder: Path,
    *words: str,
    at: str = "127.0.0.1",
    way: Sequence[str] = ("run",),
    python: str = sys.executable,
    **variables: str,
) -> Iterator[Served]:
    """Serve ``folder`` with ``dispatcher run``; when done, nothing of it is left.

    ``variables`` are added to the environment.
    """
    port = free_port(at)
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(*way, "--port", str(port), *words, python=python),
            cwd=folder,
            env={**environment(), **variables},
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    site = Served(process, port, at, log)
    try:
        until("the port is listened on", lambda: process.poll() is not None or listens(at, port))
        if process.poll() is not None:
            raise AssertionError(f"it ended:\n{site.told}")
        yield site
    finally:
        with_all_children(process)


def environment() -> dict[str, str]:
    """Return this process's environment without what would steer the site or its server."""
    steering = (
        *("DISPATCHER_", "WERKZEUG_", "FLASK_", "GUNICORN_", "STATE_DIRECTORY", "PYTEST_"),
        "PYTHONDONTWRITEBYTECODE",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(steering)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def listens(at: str, port: int) -> bool:
    try:
        socket.create_connection((at, port), 1).close()
    except OSError:
        return False
    return True


def with_all_children(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever is left of its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_SECONDS)

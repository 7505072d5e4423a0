"""The lines of an app's log, the oldest first, and those to come."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Generator
from threading import Thread

from deploy import loglines
from deploy.agent.words import Logs
from deploy.layout import Layout

Lines = Generator[str, None, None]
Stop = Callable[[], object]


def told(at: Layout, request: Logs, until_gone: Callable[[Stop], object]) -> Lines:
    """Yield the lines asked for.

    ``until_gone`` returns once the client has gone, after it has called what it was given.
    """
    of = loglines.of_jobs if request.jobs else loglines.of_app
    which = of(at, request.pool, request.app)
    cursor = newest(which)
    if cursor:
        past = loglines.until(which, cursor, request.lines)
        said = subprocess.run(past, capture_output=True, check=False).stdout
        yield from reversed(text(said).splitlines())
    if request.follow:
        yield from followed(loglines.since(which, cursor), until_gone)


def newest(which: tuple[str, ...]) -> str:
    """Return where the newest of these lines is; nothing where there is none."""
    said = subprocess.run(loglines.newest(which), capture_output=True, check=False).stdout
    found = re.findall(r"^-- cursor: (.+)$", text(said), re.MULTILINE)
    return str(found[-1]) if found else ""


def followed(words: tuple[str, ...], until_gone: Callable[[Stop], object]) -> Lines:
    """Yield lines as they come, until the client has gone."""
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=subprocess.STDOUT) as shown:
        Thread(target=until_gone, args=(shown.kill,), daemon=True).start()
        try:
            for line in shown.stdout or ():
                yield text(line).rstrip("\n")
        finally:
            shown.kill()


def text(said: bytes) -> str:
    return said.decode("utf-8", "replace")

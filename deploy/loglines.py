"""A line of a server's log, as people read it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from deploy.layout import Layout

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

OF_APP = r'^({app} |\{{"app": "{app}"[,}}])'
"""A pattern for journalctl: an app's lines, also those of releases that did not write JSON."""


def command(at: Layout, pool: str, app: str, lines: int, follow: bool) -> tuple[str, ...]:
    """Return the command that shows an app's lines."""
    unit = f"{at.user(pool)}@*.service"
    words = ("journalctl", "--no-pager", "--output", "short-iso", "--unit", unit)
    limit = ("--lines", str(lines), "--grep", OF_APP.format(app=app), "--case-sensitive=yes")
    return (*words, *limit, *(("--follow",) if follow else ()))


def command_of_jobs(at: Layout, pool: str, app: str, lines: int, follow: bool) -> tuple[str, ...]:
    """Return the command that shows all lines of an app's jobs, whatever writes them."""
    names = (f"worker.{app}.*", f"schedule.{app}", f"migrate.{app}")
    units = (word for name in names for word in ("--unit", at.job_unit("*", pool, name)))
    words = ("journalctl", "--no-pager", "--output", "short-iso", *units, "--lines", str(lines))
    return (*words, *(("--follow",) if follow else ()))


def readable(line: str) -> Iterator[str]:
    r"""Yield the lines of what journalctl shows: time, host and unit, then the message.

    >>> list(readable('12:00 web1 python[9]: {"app": "wiki", "level": "info", "event": "a\\nb"}'))
    ['12:00 web1 python[9]: wiki INFO a', '12:00 web1 python[9]: wiki INFO b']
    """
    start, brace, rest = line.partition("{")
    try:
        said = json.loads(brace + rest)
        begin = f"{start}{said['app']} {said['level'].upper()}"
        texts = [request(said)] if said["event"] == "request" else said["event"].splitlines()
    except (ValueError, LookupError, AttributeError, TypeError):
        yield CONTROLS.sub(escaped, line)
        return
    for text in [*(texts or [""]), *str(said.get("exception", "")).splitlines()]:
        yield CONTROLS.sub(escaped, f"{begin} {text}")


def request(said: dict[str, Any]) -> str:
    where = f"{said['host']}{said['path']}"
    return f"{said['status']} {said['method']} {where} {said['bytes']} bytes {said['ms']:.0f} ms"


def escaped(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"


def show(server: str, line: str) -> None:
    """Print a line with the server it is of, in one piece: others do so at the same time."""
    sys.stdout.write("".join(f"{server}  {one}\n" for one in readable(line)))
    sys.stdout.flush()

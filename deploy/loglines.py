"""A line of a server's log, as people read it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from deploy.layout import Layout

DASH = r"\x2d"
"""A dash in the name of a slice, where it alone would be a part of the path."""

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

OF_APP = r'^({app} |\{{"app": "{app}"[,}}])'
"""A pattern for journalctl: an app's lines, also those of releases that did not write JSON."""


MARK = "FLASKYARD_JOBS"
"""A field of the journal that the units of an app's jobs set, whatever they are called."""

JOURNALCTL = ("journalctl", "--quiet", "--no-pager")
SHOWN = (*JOURNALCTL, "--output", "short-iso")


def of_app(at: Layout, pool: str, app: str) -> tuple[str, ...]:
    """Return what tells journalctl the lines of an app in its pool, of any release.

    A slice has all instances of a unit, also those to come; a list of units would not.
    """
    units = (at.user(pool), at.stand_in(pool))
    slices = (f"_SYSTEMD_SLICE=system-{unit.replace('-', DASH)}.slice" for unit in units)
    return (*slices, "--grep", OF_APP.format(app=app), "--case-sensitive=yes")


def of_jobs(at: Layout, pool: str, app: str) -> tuple[str, ...]:
    """Return what tells it all lines of an app's jobs, and what systemd says of them."""
    names = (f"worker.{app}.*", f"schedule.{app}", f"migrate.{app}")
    return tuple(word for name in names for word in ("--unit", at.job_unit("*", pool, name)))


def jobs_to_come(
    at: Layout, pool: str, app: str, user: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what tells it the lines of an app's jobs, and what systemd says of them, from now on.

    Units are known by name only while there are some, and those of a release to come may have
    others. ``user`` is the pool's: any program may set any field of its own lines, but that.
    """
    said = (f"{MARK}={at.jobs(pool, app)}", f"_UID={user}")
    kinds = (rf"worker\.{app}\.", f"schedule\\.{app}@", f"migrate\\.{app}@")
    unit = re.escape(at.user(pool)) + rf"\.({'|'.join(kinds)})"
    return said, ("_PID=1", "--grep", unit, "--case-sensitive=yes")


def newest(which: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that ends with where the newest of these lines is."""
    return (*JOURNALCTL, "--output", "cat", "--lines", "1", "--show-cursor", *which)


def until(which: tuple[str, ...], cursor: str, lines: int) -> tuple[str, ...]:
    """Return the command that shows the lines up to there, the last first.

    With a pattern, journalctl counts what matches in that order alone.
    """
    return (*SHOWN, "--reverse", "--cursor", cursor, "--lines", str(lines), *which)


def since(which: tuple[str, ...], cursor: str) -> tuple[str, ...]:
    """Return the command that shows the lines after that, and those to come."""
    begin = ("--after-cursor", cursor, "--no-tail") if cursor else ("--lines", "0")
    return (*SHOWN, "--follow", *begin, *which)


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

"""The lines of an app's log, the oldest first, and those to come."""

from __future__ import annotations

import pwd
import re
import secrets
import shlex
import subprocess
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from threading import Thread

from deploy import loglines
from deploy.agent import running
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.protocol.words import Logs

LOG_BYTES = 20_000_000
"""Of lines from before, the newest; an app may write what it likes, and as much."""

Lines = Generator[str, None, None]
Stop = Callable[[], object]


def told(at: Layout, request: Logs, until_gone: Callable[[Stop], object]) -> Lines:
    """Yield the lines asked for; raises `PlanError` for a pool that is not this site's.

    ``until_gone`` returns once the client has gone, after it has called what it was given.
    """
    refuse_others(at, request.pool)
    of = loglines.of_jobs if request.jobs else loglines.of_app
    which = of(at, request.pool, request.app)
    cursor = newest(which)
    if cursor:
        yield from reversed(past(loglines.until(which, cursor, request.lines)))
    if request.follow:
        commands = [loglines.since(one, cursor) for one in coming(at, request, which)]
        yield from followed(at, commands, until_gone)


def coming(at: Layout, request: Logs, which: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return what tells journalctl the lines from now on, once for each that has to run."""
    if not request.jobs:
        return (which,)
    user = pwd.getpwnam(at.user(request.pool)).pw_uid
    return loglines.jobs_to_come(at, request.pool, request.app, user)


def refuse_others(at: Layout, pool: str) -> None:
    """Raise `PlanError` for a pool that this site never had.

    The pool ``staging-web`` of the site ``yard`` would have the units of the pool ``web`` of
    ``yard-staging``, whose logs are not for whoever deploys ``yard``.
    """
    template = Path(at.template(pool, "service"))
    mine = f"\nDescription={at.site}: pool {pool}, release "
    if not template.is_file() or mine not in template.read_text("utf-8", "replace"):
        raise PlanError(f"has no pool {pool!r} of the site {at.site}")


def past(words: tuple[str, ...]) -> list[str]:
    """Return the lines that a command writes, the first as far as there is room for them."""
    lines, room = [], LOG_BYTES
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as shown:
        for line in shown.stdout or ():
            room -= len(line)
            if room < 0:
                shown.kill()
                break
            lines.append(text(line).rstrip("\n"))
    return lines


def newest(which: tuple[str, ...]) -> str:
    """Return where the newest of these lines is; nothing where there is none."""
    said = subprocess.run(loglines.newest(which), capture_output=True, check=False).stdout
    found = re.findall(r"^-- cursor: (.+)$", text(said), re.MULTILINE)
    return str(found[-1]) if found else ""


def followed(
    at: Layout, commands: Sequence[tuple[str, ...]], until_gone: Callable[[Stop], object]
) -> Lines:
    """Yield lines of commands as they come, until the client has gone.

    journalctl runs outside of the agent's sandbox: within, it hears of no new lines.
    """
    unit = f"{at.site}-logs-{secrets.token_hex(8)}.service"
    outside = ("systemd-run", "--quiet", "--collect", "--wait", "--pipe", f"--unit={unit}")
    bound = f"--property=BindsTo={at.agent_service}"
    end, pipe = partial(running.end, unit), subprocess.PIPE
    with subprocess.Popen(
        (*outside, bound, "--", *at_once(commands)),
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=subprocess.STDOUT,
    ) as shown:
        Thread(target=until_gone, args=(end,), daemon=True).start()
        try:
            for line in shown.stdout or ():
                yield text(line).rstrip("\n")
        finally:
            shown.kill()
            end()


def at_once(commands: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words that run commands side by side, until the last has ended."""
    return ("sh", "-c", "".join(f"{shlex.join(words)} & " for words in commands) + "wait")


def text(said: bytes) -> str:
    return said.decode("utf-8", "replace")

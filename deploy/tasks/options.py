"""What tasks are asked with, and how they answer."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable
from json import dumps
from typing import Any

from fabric import task
from invoke.exceptions import Exit

from deploy.errors import DeployError
from dispatcher.registry.faults import RegistryError

HELP = {
    "env": "the environment of site.toml to use; without it, the site as it is there",
    "only": "names of servers, with commas between; without it, all of them",
    "limit": "at most so many of these servers, the first ones",
    "without": "names of servers to leave out; the next `fab deploy` brings them up to date",
    "canary": "names of servers that go live, and are watched, before the others do",
    "watch": "seconds to watch it for once it is live; without it, watch_seconds of site.toml",
    "plan": "show what would be done, and do nothing",
    "json": "print JSON instead of a table",
    "yes": "take each key for the server's own without asking",
    "user": "who to be there, with sudo for everything, instead of the user in site.toml",
    "state": "on, off or status",
    "allow": "addresses or networks that are let through, with commas between",
    "for_": "minutes after which visitors are told to come back",
    "renew": "ask for those first that are missing or due, at once",
    "host": "the host whose certificate is asked for though it holds",
    "pool": "the pool's name in site.toml",
    "keep": "how many releases stay, the live one included",
    "to": "the release to go back to, as `fab releases` lists it",
    "app": "the app's name in site.toml",
    "command": 'the command, in quotes, as in "flask routes"',
    "file": "a file in backups/ or its path, or before: what was there before the last restore",
    "tenant": "the instance of this tenant, of an app that has tenants",
    "each": "run it on each server, one line after the other with the server's name before it",
    "name": "the secret's name, as in {secret:NAME}",
    "lines": "how many lines of each server, the last ones",
    "jobs": "what its workers, its schedule and its migrations said, instead of its pool",
    "follow": "go on until Ctrl-C",
}


def told(
    *options: str, name: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a task with these options whose expected errors are messages, not tracebacks.

    It is called as the function, unless it has a ``name``.
    """

    def made(body: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(body)
        def run(*args: Any, **kwargs: Any) -> None:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: take back
            try:
                body(*args, **kwargs)
            except (DeployError, RegistryError) as error:
                raise Exit(str(error), 1) from None
            except KeyboardInterrupt:
                raise Exit("Interrupted.", 130) from None

        return task(run, name=name, help={name: HELP[name] for name in options})  # type: ignore[no-any-return]

    return made


def seconds(given: str, default: float) -> float:
    """Return an option in seconds; raises `DeployError` for what is none."""
    try:
        found = float(given) if given else default
    except ValueError:
        found = -1
    if not 0 <= found <= 3600:
        raise DeployError(f"--watch {given} is no number of seconds from 0 to 3600")
    return found


def show(rows: list[dict[str, Any]], table: Callable[..., None], as_json: bool) -> None:
    print(dumps(rows, indent=2)) if as_json else table(rows)


def agreed(question: str) -> bool:
    """Ask a person; raises `DeployError` where there is none."""
    try:
        return input(question).lower() in ("y", "yes")
    except EOFError:
        print()
        raise DeployError(
            "there is nobody to ask; compare the fingerprint and run: fab trust --yes"
        ) from None


def whole(name: str, given: str, least: int, most: int) -> int:
    """Return an option that is a whole number; raises `DeployError` for what is none."""
    if not given.isdecimal() or not least <= int(given) <= most:
        raise DeployError(f"--{name} {given} is no whole number from {least} to {most}")
    return int(given)

"""What does an app run besides answering requests: migrations, workers, a schedule?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dispatcher.registry.site import App

Kind = Literal["migrate", "worker", "schedule"]
Found = tuple[tuple[str, ...], str, Any]

FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
OF_SHELLS = re.compile(r"[|&;<>]+|.*\$[({A-Za-z].*|.*`.*", re.DOTALL)

RIGHT = "write a command like 'flask db upgrade' or a function like 'apps.wiki.tasks:upgrade'"


@dataclass(frozen=True, slots=True)
class Job:
    """One process of an app beside those of its pool, as whose user it runs."""

    kind: Kind
    app: str
    pool: str
    command: str
    worker: str = ""
    """The name of a worker."""

    @property
    def name(self) -> str:
        """What tells it from the other jobs of its pool.

        >>> Job("worker", "members", "default", "celery worker", "mail").name
        'worker.members.mail'
        """
        return ".".join(filter(None, (self.kind, self.app, self.worker)))


def jobs(app: App) -> Iterator[Job]:
    """Yield each job of an app."""
    if app.migrate:
        yield Job("migrate", app.name, app.pool, app.migrate)
    for worker, command in app.workers.items():
        yield Job("worker", app.name, app.pool, command, worker)
    if app.schedule:
        yield Job("schedule", app.name, app.pool, app.schedule)


def is_function(command: str) -> bool:
    """Whether it is to be imported and called, rather than run."""
    return FUNCTION.fullmatch(command) is not None


def fault_of_command(command: str) -> str | None:
    """Say what is wrong with a command. There is no shell that would run it."""
    if is_function(command):
        return None
    try:
        words = shlex.split(command)
    except ValueError as error:
        return f"has {str(error)[0].lower()}{str(error)[1:]}; {RIGHT}"
    if not words:
        return f"is empty; {RIGHT}"
    if strange := [word for word in words if OF_SHELLS.fullmatch(word)]:
        return f"has {strange[0]!r}, but no shell reads it; write a function that does all of it"
    if not PROGRAM.fullmatch(words[0]):
        return f"begins with {words[0]!r}, which is not a program's name; {RIGHT}"
    return None


BELONGS = {
    "migrate_seconds": ("migrate", "the app has no migrate"),
    "migrate_on": ("migrate", "the app has no migrate"),
    "finish_seconds": ("workers", "the app has no workers"),
}


def errors_of_jobs(
    given: Mapping[str, Any], apps: Iterable[App], servers: Iterable[str]
) -> Iterator[Found]:
    """Yield what is wrong with the jobs; ``given`` are the apps' tables as far as they are valid.

    Nothing tells from outside whether two servers share a database, so it must be written.
    """
    for name, entry in given.items():
        for key, (of, why) in BELONGS.items():
            if key in entry.model_fields_set and not getattr(entry, of):
                yield ("apps", name, key), f"is for nothing: {why}", getattr(entry, key)
        for worker in entry.workers.keys() & {"migrate", "schedule"}:
            message = "is the name of another job; call the worker otherwise"
            yield ("apps", name, "workers", worker), message, None
    there = tuple(servers)
    for app in apps:
        if app.migrate and not app.migrate_on and len(there) > 1:
            several = f"{len(there)} servers ({', '.join(there)})"
            message = (
                f"is missing, and there are {several}; write 'one' where they share the database, "
                "'each' where each has its own, as a file of SQLite's is"
            )
            yield ("apps", app.name, "migrate_on"), message, None

"""What is known of each host's certificate between two rounds: a file that `fab status` tells."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from deploy.onhost.whole import write


@dataclass(frozen=True, slots=True)
class Kept:
    """One host's certificate; times in UTC, ISO 8601."""

    begins: str = ""
    ends: str = ""
    issuer: str = ""
    placeholder: bool = True

    directory: str = ""
    """The authority it was asked for from; empty where it came otherwise."""

    fault: str = ""
    """Why there is no better one."""

    failures: int = 0
    """How often an authority has refused since it last gave one."""

    again: str = ""
    """When it is asked next."""


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of all."""

    hosts: dict[str, Kept] = field(default_factory=dict)
    fault: str = ""
    """Why nginx does not have what is there."""

    stale: bool = False
    """Whether nginx has not read what was changed."""

    looked: str = ""
    """When the last round ended."""


def load(path: Path) -> Book:
    """Return what was known; nothing where that cannot be read."""
    try:
        told = json.loads(path.read_text("utf-8"))
        known = {one.name for one in fields(Kept)}
        hosts = {
            host: Kept(**{key: value for key, value in one.items() if key in known})
            for host, one in told["hosts"].items()
        }
        return Book(hosts, told["fault"], told["stale"], told["looked"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Book()


def save(path: Path, book: Book) -> None:
    write(path, json.dumps(asdict(book), indent=1).encode())

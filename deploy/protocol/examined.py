"""What was found out about a server by somebody who only looks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from deploy.server.look import State


class Fact(BaseModel):
    """What an agent of another version does not tell has a default."""

    model_config = ConfigDict(frozen=True)


class Disk(Fact):
    """A file system; sizes in bytes."""

    path: str
    free_bytes: int
    bytes: int
    free_inodes: int
    inodes: int
    """0 where the file system counts none."""


class Memory(Fact):
    """What the machine has, in bytes."""

    bytes: int
    free_bytes: int
    """What a new process could have, caches included."""


class System(Fact):
    """The machine that the site runs on; the fields of `deploy.onhost.system`."""

    time: float
    """Its clock, in seconds since 1970."""

    synchronized: str = ""
    """``yes`` or ``no``: whether it is set by others over the network."""

    versions: dict[str, str] = {}
    disks: tuple[Disk, ...] = ()
    memory: Memory
    load: float = 0
    cpus: int = 1
    up_seconds: float = 0
    reboot: tuple[str, ...] | None = None
    """The packages that want it to boot; None where none does."""

    failed: tuple[str, ...] = ()
    """Units that failed, whosever."""

    journal_bytes: int | None = None
    """None where the journal is lost at boot."""


class Certificate(Fact):
    """A certificate that nginx shows."""

    path: str
    until: float | None
    """When it ends, in seconds since 1970; None where it cannot be read."""

    names: tuple[str, ...] = ()


class Web(Fact):
    """nginx; the fields of `deploy.onhost.nginx`."""

    fault: str = ""
    """What it says of its configuration, where that is wrong."""

    file_limit: int | None = None
    """How many files a worker may open; None where none runs."""

    connections: int = 512
    """How many connections a worker may have."""

    confined: bool | None = None
    """Whether the nginx that runs has no more rights than it needs; None where none runs."""

    foreign: tuple[tuple[str, str], ...] = ()
    """Files that are not Flaskyard's, and the host names they answer for."""

    certificates: tuple[Certificate, ...] = ()
    listeners: tuple[tuple[str, str], ...] = ()
    """Who listens on ports 80 and 443: address and program."""


class Health(Fact):
    """How a pool answers for itself."""

    workers: int
    answered: int
    fault: str = ""


class Examined(Fact):
    """All of it."""

    state: State
    system: System | None = None
    web: Web | None = None
    health: dict[str, Health] = {}
    """By pool of the live release."""

    webs: dict[str, str] = {}
    """Of an edge: what is wrong with each of the servers that it leads to, if anything."""

    peers: dict[str, str] = {}
    """Likewise of the others that the names lead to, where they answer an authority together."""

    registry: str | None = None
    """The site.toml of the live release."""

    strange: dict[str, str] = {}
    """Files that are not as they were made: ``missing`` or ``changed``, by path."""

    last: dict[str, Any] | None = None
    """The transaction that goes on, or was the last."""

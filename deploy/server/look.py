"""Find out how a server is. Reads only, so `--plan` may look too."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.acting.machine import Machine
from deploy.acting.runner import perform
from deploy.acting.steps import Script
from deploy.errors import ReachError
from deploy.layout import Layout
from deploy.release import Release

INSTANCE = re.compile(r"@(\d{8}T\d{6}-[0-9a-f]+)\.")
"""The release of which a unit is an instance."""


class KeysFound(BaseModel):
    """What is known of a key file without knowing a key."""

    model_config = ConfigDict(frozen=True)

    right: str
    """Owner and mode, as in ``0 600``."""

    sha256: str
    made: tuple[str, ...]
    """When each key was made, newest first."""


class SecretFound(BaseModel):
    """When a secret was set, and by whom."""

    model_config = ConfigDict(frozen=True)

    made: str
    by: str


class VaultFound(BaseModel):
    """What is known of the secrets of apps without knowing one."""

    model_config = ConfigDict(frozen=True)

    run: str = ""
    """The run of a task that changed them last: where it is the same, so are they."""

    time: str = ""
    names: dict[str, dict[str, SecretFound]] = {}
    """By app and name."""

    fault: str = ""
    """Why they cannot be read."""


class Closure(BaseModel):
    """What is closed for maintenance."""

    model_config = ConfigDict(frozen=True)

    app: str
    """All apps where it is empty."""

    allow: tuple[str, ...]
    minutes: int
    since: str
    by: str


class NginxFound(BaseModel):
    """Which nginx is installed."""

    model_config = ConfigDict(frozen=True)

    version: str
    openssl: str
    """The version it runs with."""


class State(BaseModel):
    """What was found on a server before planning; the fields of `deploy.onhost.facts`."""

    model_config = ConfigDict(frozen=True)

    os: dict[str, str]
    python: str
    machine: str
    glibc: str
    free_bytes: int
    free_inodes: int
    packages: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    let_in: tuple[str, ...] = ()
    """Those of them whose group nginx is in."""

    pool_users: int = 0
    """How many users pools of the site have, and had."""

    strangers: tuple[str, ...] = ()
    """Those of them that are not as Flaskyard makes the users of pools."""

    files: dict[str, str | None] = {}
    links: dict[str, str | None] = {}
    folders: dict[str, str | None] = {}
    keys: dict[str, KeysFound | None] = {}
    agent: str | None = None
    """The agent in use, by the name of its folder."""

    agents: tuple[str, ...] = ()
    """All that are installed, and those of Flaskyard's first days."""

    vault: VaultFound | None = None
    handed: dict[str, str] = {}
    """Of each release that was given secrets, which: the run of their last change."""

    nginx: NginxFound | None = None

    certificates: tuple[str, ...] = ()
    """The files that nginx has certificates in."""

    tls: dict[str, Any] | None = None
    """What `deploy.certify` last said of them."""

    current: str | None = None
    releases: dict[str, Release | None] = {}
    environments: tuple[str, ...] = ()
    """Dependencies that are installed, by `deploy.server.environments.name`, and halves of such."""

    store: tuple[str, ...] = ()
    """Files as ``<sha256>/<name>``."""

    live_links: tuple[str, ...] = ()
    incoming: tuple[str, ...] = ()

    publishing: bool = False
    """Whether a cutover was begun and not ended: what nginx has read is not known then."""

    schedules: bool = False
    """Whether this is the server where the schedules run."""

    closed: tuple[Closure, ...] = ()

    units: dict[str, dict[str, str]] = {}

    @property
    def live(self) -> str | None:
        """The id of the release that is live."""
        return self.current.rsplit("/", 1)[-1] if self.current else None

    @property
    def installed(self) -> dict[str, Release]:
        """The complete releases."""
        return {name: release for name, release in self.releases.items() if release}

    def running(self) -> set[str]:
        """Return the ids of the releases of which something runs."""
        return {found[1] for name in self.active() if (found := INSTANCE.search(name))}

    def units_of(self, release: str) -> tuple[str, ...]:
        """Return the units of a release that run."""
        return tuple(sorted(name for name in self.active() if f"@{release}." in name))

    def ending(self) -> set[str]:
        """Return the ids of the releases of which something still finishes what it began."""
        return {
            found[1]
            for name, unit in self.units.items()
            if unit.get("ActiveState") == "deactivating" and (found := INSTANCE.search(name))
        }

    def active(self) -> list[str]:
        """Return the units that run or are about to."""
        return [
            name
            for name, unit in self.units.items()
            if unit.get("ActiveState") in ("active", "activating", "reloading")
        ]


def look(
    at: Layout,
    machine: Machine,
    *,
    packages: tuple[str, ...] = (),
    users: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    links: tuple[str, ...] = (),
    folders: tuple[str, ...] = (),
    keys: tuple[str, ...] = (),
) -> State:
    """Return the facts, and those of the packages, users and paths named.

    Raises `ReachError` where the server cannot tell.
    """
    given: dict[str, Any] = {
        "site": at.site,
        "home": at.home,
        "vault": at.vault,
        "handed": at.handed(""),
        "tls": at.tls,
        "packages": packages,
        "users": users,
        "files": files,
        "links": links,
        "folders": folders,
        "keys": keys,
        "units": [
            f"{at.site}-*@*",
            f"{at.retirement('*')}.timer",
            "nginx.service",
            at.agent_socket,
            at.tls_timer,
        ],
    }
    outcome = perform(Script.of("facts", given), machine)
    try:
        return State.model_validate_json(outcome.out)
    except ValidationError as error:
        first = error.errors()[0]
    if outcome.exit_code == 0:
        where = ".".join(map(str, first["loc"])) or "all"
        what = "tells facts this version of Flaskyard does not understand"
        raise ReachError(machine.name, f"{what}: {where}: {first['msg']}")
    why = (outcome.err or outcome.out).strip() or f"exit status {outcome.exit_code}"
    raise ReachError(machine.name, f"cannot be looked at: {why}")

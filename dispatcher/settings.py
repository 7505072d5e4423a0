"""What the environment tells a serving process; the units and `dispatcher run` set it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dispatcher.errors import DispatcherError
from dispatcher.registry.site import App, Pool, Site
from dispatcher.registry.site_toml import load

LOGS = ("text", "json")


class SettingsError(DispatcherError):
    """A variable that cannot be followed."""

    def __init__(self, name: str, value: str, right: str) -> None:
        super().__init__(name, value, right)
        self.name, self.value, self.right = name, value, right

    def __str__(self) -> str:
        return f"{self.name}={self.value!r}: {self.right}"


def state() -> Path:
    """Return the folder of the data of all apps of this process; each has one of its own in it."""
    named = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]  # systemd may name several
    return Path(named or "instance").absolute()


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each ``DISPATCHER_`` variable."""

    site: Path = Path("site.toml")
    env: str = ""

    domain: str = ""
    """Replaces the one in the registry."""

    pool: str = ""
    """Serve only the apps of this pool; empty for the whole site."""

    release: str = ""
    """Told in the header X-Release, where set."""

    proxies: int = 0
    """How many proxies stand in front whose X-Forwarded-For and -Proto are to be believed."""

    port: int | None = None
    """Where visitors reach the site, if not at the scheme's own port."""

    log: str = "text"
    """How lines of the log look: for people, or ``json``."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables; raises `SettingsError`."""
        proxies = environ.get("DISPATCHER_PROXIES", "0")
        if not proxies.isdecimal():
            right = "must be how many proxies stand in front, as in 1"
            raise SettingsError("DISPATCHER_PROXIES", proxies, right)
        port = environ.get("DISPATCHER_PORT", "")
        if port and not port.isdecimal():
            raise SettingsError("DISPATCHER_PORT", port, "must be a port, as in 8000")
        log = environ.get("DISPATCHER_LOG", "text")
        if log not in LOGS:
            raise SettingsError("DISPATCHER_LOG", log, f"must be {' or '.join(LOGS)}")
        return cls(
            site=Path(environ.get("DISPATCHER_SITE", "site.toml")),
            env=environ.get("DISPATCHER_ENV", ""),
            domain=environ.get("DISPATCHER_DOMAIN", ""),
            pool=environ.get("DISPATCHER_POOL", ""),
            release=environ.get("DISPATCHER_RELEASE", ""),
            proxies=int(proxies),
            port=int(port) if port else None,
            log=log,
        )

    def read(self) -> Site:
        """Return the site; raises `RegistryError`, or `SettingsError` where it has no such pool."""
        site = load(self.site, self.env, self.domain)
        names = [pool.name for pool in site.pools]
        if self.pool and self.pool not in names:
            right = f"{self.site} has the pools {', '.join(names)}"
            raise SettingsError("DISPATCHER_POOL", self.pool, right)
        return replace(site, port=self.port)

    def pool_of(self, site: Site) -> Pool:
        """Return the pool whose processes serve; the whole site is served as the default one."""
        return next(pool for pool in site.pools if pool.name == (self.pool or "default"))

    def apps_of(self, site: Site) -> tuple[App, ...]:
        """Return the apps of that pool, or all where none is named."""
        return site.of_pool(self.pool) if self.pool else site.apps

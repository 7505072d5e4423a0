"""Which names, addresses and places does host h3 of a lab have?"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.settings import Settings

MAX_HOSTS = 40
NAME = re.compile(r"h([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Host:
    """A host by number, whether or not there is one at the moment."""

    settings: Settings
    number: int

    @property
    def name(self) -> str:
        return f"h{self.number}"

    @property
    def ip(self) -> str:
        return f"{self.settings.net}.{10 + self.number}"

    @property
    def ip6(self) -> str:
        return f"{self.settings.net6}:{10 + self.number:x}"

    @property
    def mac(self) -> str:
        return f"02:88:00:00:00:{self.number:02x}"

    @property
    def machine(self) -> str:
        """Its name in this machine's kernel, where the names of all labs meet."""
        return f"{self.settings.bridge}-{self.name}"

    @property
    def veth(self) -> str:
        """The bridge's end of its cable; the host's own end is ``host0``."""
        return f"{self.settings.bridge}v{self.number}"

    @property
    def tap(self) -> str:
        """The device that stands in for the cable's end while there is lag."""
        return f"{self.settings.bridge}t{self.number}"

    @property
    def dir(self) -> Path:
        return self.settings.state / "hosts" / self.name

    @property
    def disk(self) -> Path:
        return self.dir / "disk.img"

    @property
    def mnt(self) -> Path:
        """Where its disk is mounted; only in the host's own mount namespace."""
        return self.dir / "disk"

    @property
    def root(self) -> Path:
        """Where its file system is put together; likewise."""
        return self.dir / "root"

    @property
    def console(self) -> Path:
        return self.dir / "console.log"


def named(settings: Settings, name: str) -> Host:
    """Return the host of that name, or raise if hosts are not called so."""
    match = NAME.fullmatch(name)
    if not match or int(match[1]) > MAX_HOSTS:
        raise LabError(f"bad host name {name!r}: hosts are h1 to h{MAX_HOSTS}")
    return Host(settings, int(match[1]))


def first(settings: Settings, count: int) -> tuple[Host, ...]:
    """Return h1 to h``count``."""
    if not 1 <= count <= MAX_HOSTS:
        raise LabError(f"{count} hosts: a lab has 1 to {MAX_HOSTS}")
    return tuple(Host(settings, number) for number in range(1, count + 1))


def every(settings: Settings) -> tuple[Host, ...]:
    """Return the hosts there are, running or off."""
    place = settings.state / "hosts"
    names = [path.name for path in place.iterdir()] if place.exists() else []
    numbers = sorted(int(match[1]) for match in map(NAME.fullmatch, names) if match)
    return tuple(Host(settings, number) for number in numbers)

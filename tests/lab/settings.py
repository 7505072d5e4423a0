"""Where does a lab keep its things, and what is its network called?

Labs that run side by side differ in state, bridge and net. A number gives each
its own: ``LAB_NUMBER=3``. Built images are shared by all of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError

HOME = "/var/tmp/flaskyard-lab"
MAX_NUMBER = 255
# Devices are called <bridge>v40, and the kernel takes 15 characters (IFNAMSIZ less one).
BRIDGE = re.compile(r"[a-z][a-z0-9-]{0,11}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What sets one lab apart from another."""

    state: Path
    """Hosts, snapshots, keys: this lab's own."""
    cache: Path
    """Images and Debian packages: shared between labs."""
    bridge: str
    """The bridge's name, and the first part of the names of all else in the kernel."""
    net: str
    """The first three octets of a /24; .1 is this machine."""
    suite: str
    """The Debian release the hosts run."""
    mirror: str
    """Where to get it; empty: where this machine's own apt does."""
    security: str
    """Likewise its security updates."""
    disk_mb: int
    """How large a new host's disk is."""

    @property
    def net6(self) -> str:
        """The /64 that goes with the net.

        >>> read({"LAB_NET": "10.89.3"}).net6
        'fd0a:59:3:'
        """
        first, second, third = (int(octet) for octet in self.net.split("."))
        return f"fd{first:02x}:{second:x}:{third:x}:"

    def environ(self) -> dict[str, str]:
        """Return the variables from which `read` makes these settings."""
        return {
            "LAB_STATE": str(self.state),
            "LAB_CACHE": str(self.cache),
            "LAB_BRIDGE": self.bridge,
            "LAB_NET": self.net,
            "LAB_SUITE": self.suite,
            "LAB_MIRROR": self.mirror,
            "LAB_SECURITY": self.security,
            "LAB_DISK_MB": str(self.disk_mb),
        }


def read(environ: Mapping[str, str]) -> Settings:
    """Read the settings from ``LAB_*`` variables."""
    number = whole(environ, "LAB_NUMBER", 0, MAX_NUMBER, default=0)
    return Settings(
        state=Path(environ.get("LAB_STATE") or f"{HOME}/{number}").resolve(),
        cache=Path(environ.get("LAB_CACHE") or f"{HOME}/cache").resolve(),
        bridge=bridge(environ.get("LAB_BRIDGE") or f"fylab{number}"),
        net=net(environ.get("LAB_NET") or f"10.89.{number}"),
        suite=environ.get("LAB_SUITE") or "bookworm",
        mirror=environ.get("LAB_MIRROR") or "",
        security=environ.get("LAB_SECURITY") or "",
        disk_mb=whole(environ, "LAB_DISK_MB", 16, 1 << 20, default=4096),
    )


def numbered(number: int, environ: Mapping[str, str]) -> Settings:
    """Read the settings of lab ``number``, whatever else is said of one lab's own things."""
    own = {"LAB_STATE", "LAB_BRIDGE", "LAB_NET"}
    shared = {name: text for name, text in environ.items() if name not in own}
    return read({**shared, "LAB_NUMBER": str(number)})


def whole(environ: Mapping[str, str], name: str, least: int, most: int, *, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise LabError(f"{name} {text!r} must be a whole number from {least} to {most}")
    return int(text)


def bridge(text: str) -> str:
    if not BRIDGE.fullmatch(text):
        raise LabError(f"LAB_BRIDGE {text!r} must be at most 12 of a-z, 0-9 and '-', like 'fylab0'")
    return text


def net(text: str) -> str:
    octets = text.split(".")
    if len(octets) != 3 or not all(o.isdecimal() and int(o) <= 255 for o in octets):
        raise LabError(f"LAB_NET {text!r} must be the first three octets of a net, like '10.89.0'")
    return text

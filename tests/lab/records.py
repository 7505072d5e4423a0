"""What does a lab remember of a host from one command to the next?"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.lab import processes
from tests.lab.host import Host
from tests.lab.processes import Process


@dataclass(frozen=True, slots=True)
class Record:
    """A host's processes, and what was done to its network."""

    supervisor: Process | None = None
    """The shell around systemd-nspawn, which starts it again after a reboot."""
    since: float = 0.0
    """When it was switched on, Unix time."""
    cut: bool = False
    """Whether it is partitioned."""
    relay: Process | None = None
    """The process that delays its packets."""
    lag: str = ""
    """What that does to them, in words."""

    @property
    def running(self) -> Process | None:
        return self.supervisor if self.supervisor and self.supervisor.alive else None


def load(host: Host) -> Record:
    """Read it; a host without one is new."""
    try:
        fields: dict[str, Any] = json.loads(place(host).read_text())
    except FileNotFoundError:
        return Record()
    for name in ("supervisor", "relay"):
        fields[name] = Process(**fields[name]) if fields[name] else None
    return Record(**fields)


def save(host: Host, record: Record) -> None:
    """Replace it in one go: a reader sees the old one or the new."""
    new = place(host).with_suffix(".new")
    new.write_text(json.dumps(asdict(record)))
    new.replace(place(host))


def place(host: Host) -> Path:
    return host.dir / "record.json"


def running(host: Host) -> Process | None:
    """Return its supervisor if it is running."""
    return load(host).running


def leader(host: Host) -> int | None:
    """Return its PID 1's pid, as seen from here: below the supervisor and nspawn."""
    supervisor = running(host)
    if supervisor is None:
        return None
    return next(filter(processes.has_own_namespace, processes.below(supervisor.pid)), None)


def state(host: Host) -> str:
    """Say in a word how it is: absent, off, up or partitioned."""
    if not host.disk.exists():
        return "absent"
    record = load(host)
    if not record.running:
        return "off"
    return "partitioned" if record.cut else "up"

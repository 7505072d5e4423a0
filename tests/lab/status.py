"""What is there at the moment, and how is it?"""

import json
import time
from dataclasses import asdict, dataclass

from tests.lab import cgroups, host, image, inside, network, records
from tests.lab.host import Host
from tests.lab.settings import Settings


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One host. What does not apply to it is left out when told."""

    host: str
    ip: str
    state: str
    systemd: str | None
    pid: int | None
    init: int | None
    disk_mb: float
    mem_mb: int
    up_seconds: int | None
    lag: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """A lab."""

    state: str
    image: str | None
    bridge: str | None
    snapshots: tuple[str, ...]
    hosts: tuple[HostStatus, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def __str__(self) -> str:
        snapshots = " ".join(self.snapshots) or "none"
        top = f"state {self.state}  image {self.image or 'none'}"
        lines = [f"{top}  bridge {self.bridge or 'down'}  snapshots {snapshots}"]
        for each in self.hosts:
            facts = asdict(each).items()
            lines.append("  ".join(f"{name}={fact}" for name, fact in facts if fact is not None))
        return "\n".join(lines)


def of(settings: Settings) -> Status:
    snapshots = sorted(path.stem for path in (settings.state / "snapshots").glob("*.img"))
    return Status(
        state=str(settings.state),
        image=image.name(settings) if image.ready(settings) else None,
        bridge=settings.bridge if network.exists(settings.bridge) else None,
        snapshots=tuple(snapshots),
        hosts=tuple(map(of_host, host.every(settings))),
    )


def of_host(one: Host) -> HostStatus:
    record = records.load(one)
    return HostStatus(
        host=one.name,
        ip=one.ip,
        state=records.state(one),
        systemd=systemd_state(one),
        pid=record.running.pid if record.running else None,
        init=records.leader(one),
        disk_mb=round(one.disk.stat().st_blocks * 512 / 1e6, 1) if one.disk.exists() else 0,
        mem_mb=cgroups.memory_mb(one),
        up_seconds=round(time.time() - record.since) if record.running else None,
        lag=record.lag or None,
    )


def systemd_state(one: Host) -> str | None:
    if records.leader(one) is None:
        return None
    return inside.run(one, "systemctl", "is-system-running", check=False).stdout.strip()

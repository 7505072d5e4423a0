"""What can be done with the hosts of a lab? The commands, for programs and tests.

All but `run` and `ssh` take the lab's lock, and can be repeated.
"""

import contextlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.lab import (
    build,
    cgroups,
    disk,
    host,
    image,
    inside,
    lag,
    life,
    locks,
    mounts,
    network,
    recipe,
    records,
    ssh_files,
    together,
)
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.lag import Lag
from tests.lab.settings import Settings
from tests.lab.telling import Tell

LOCK_SECONDS = 120
WAIT_SECONDS = 60.0


class Lab:
    """Hosts h1, h2, ... on a network of their own."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self.settings = settings
        self.tell = tell

    @property
    def ssh_config(self) -> Path:
        """For ``ssh -F`` and ``fab -S``."""
        return ssh_files.config(self.settings)

    def host(self, name: str) -> Host:
        return host.named(self.settings, name)

    def build(self, *, force: bool = False) -> None:
        """Make the image that new hosts get, unless it is there."""
        build.build(self.settings, self.tell, force=force)

    def up(
        self,
        count: int,
        *,
        fresh: bool = True,
        source: str | None = None,
        disk_mb: int | None = None,
        timeout_seconds: float = WAIT_SECONDS,
    ) -> tuple[Host, ...]:
        """Bring up h1 to h``count``: new, or as they are where not ``fresh``.

        A ``source`` is a snapshot that new ones start from.
        """
        hosts = host.first(self.settings, count)
        snapshot = None if source is None else self.snapshot(source)
        if snapshot is None and not image.ready(self.settings):
            raise LabError("no image yet; run: lab build")

        def bring_up(one: Host) -> None:
            if fresh or not one.disk.exists():
                life.destroy(one)
                self.give_disk(one, snapshot, disk_mb or self.settings.disk_mb)
            elif records.running(one):
                self.tell(f"{one.name} was up already: is this lab yours?")
            life.start(one)
            life.wait(one, timeout_seconds)

        with self.changing(), self.reachable():
            together.each(bring_up, hosts)
        return hosts

    def give_disk(self, one: Host, snapshot: Path | None, megabytes: int) -> None:
        one.dir.mkdir(parents=True)
        if snapshot:
            disk.clone(snapshot, one.disk)
        else:
            disk.make(one, megabytes)

    def down(self, *hosts: Host, purge: bool = False) -> None:
        """Remove hosts; without any named, all of them and whatever is left over."""
        with self.changing():
            together.each(life.destroy, hosts or host.every(self.settings))
            if not hosts:
                self.remove_leftovers()
            if (self.settings.state / "ssh").exists():
                ssh_files.write(self.settings)
            if purge:
                for name in ("ssh", "snapshots"):
                    shutil.rmtree(self.settings.state / name, ignore_errors=True)

    def remove_leftovers(self) -> None:
        network.remove_all(self.settings)
        cgroups.drop_all(self.settings)
        place = self.settings.state / "hosts"
        mounts.clear(place)
        shutil.rmtree(place, ignore_errors=True)

    def drop_cache(self) -> None:
        """Remove the images and packages of all labs; raises if a host runs on one."""
        image.purge(self.settings)

    def kill(self, *hosts: Host, lose_unsynced: bool = False) -> None:
        """Pull the plug; `start` boots the same disk again."""
        with self.changing():
            for one in map(self.running, hosts):
                life.pull_the_plug(one, lose_unsynced=lose_unsynced)

    def stop(self, *hosts: Host, timeout_seconds: float = WAIT_SECONDS) -> None:
        with self.changing():
            for one in map(self.running, hosts):
                life.power_off(one, timeout_seconds)

    def start(self, *hosts: Host, timeout_seconds: float = WAIT_SECONDS) -> None:
        with self.changing(), self.reachable():
            for one in map(self.existing, hosts):
                life.start(one)
            for one in hosts:
                life.wait(one, timeout_seconds)

    def partition(self, *hosts: Host, unplug: bool = False) -> None:
        """Let packets vanish, both ways; or unplug the cable, which a host can see."""
        with self.changing():
            for one in map(self.running, hosts):
                network.cut(one, unplug=unplug)
                records.save(one, replace(records.load(one), cut=True))

    def heal(self, *hosts: Host) -> None:
        """Undo `partition` and `lag`, everywhere unless hosts are named."""
        with self.changing():
            named = [self.existing(one) for one in hosts]
            for one in named or filter(records.running, host.every(self.settings)):
                lag.stop(one)
                network.attach(one)
                records.save(one, replace(records.load(one), cut=False))

    def lag(self, one: Host, how: Lag) -> None:
        with self.changing():
            lag.start(self.running(one), how)

    def snap(self, one: Host, name: str) -> None:
        """Save a disk, of a running host too, for `up` to start from."""
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise LabError(f"bad snapshot name {name!r}: letters, digits, '.', '-' and '_'")
        with self.changing():
            to = self.snapshot_place(name)
            to.parent.mkdir(exist_ok=True)
            disk.copy(self.existing(one), to, records.running(one))

    def snapshot(self, name: str) -> Path:
        place = self.snapshot_place(name)
        if not place.exists():
            raise LabError(f"no snapshot {name!r}; see: lab status")
        return place

    def snapshot_place(self, name: str) -> Path:
        return self.settings.state / "snapshots" / f"{name}.img"

    def run(
        self, one: Host, *argv: str, check: bool = True, feed: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on a host as root, even where sshd or the network is dead."""
        return inside.run(self.running(one), *argv, check=check, feed=feed)

    def ssh(
        self, one: Host, *argv: str, user: str = recipe.USER, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on a host by ssh."""
        command = ("ssh", "-F", str(self.ssh_config), "-l", user, one.name, shlex.join(argv))
        return inside.finished(command, argv, check=check)

    def existing(self, one: Host) -> Host:
        if not one.disk.exists():
            names = " ".join(h.name for h in host.every(self.settings)) or "none"
            raise LabError(f"no host {one.name}; there are: {names}")
        return one

    def running(self, one: Host) -> Host:
        if not records.running(self.existing(one)):
            raise LabError(f"{one.name} is off (start it with: lab start {one.name})")
        return one

    def changing(self) -> contextlib.AbstractContextManager[None]:
        return locks.held(self.settings.state / "lock", wait_seconds=LOCK_SECONDS)

    @contextlib.contextmanager
    def reachable(self) -> Iterator[None]:
        """See to the bridge before hosts come up, and to ssh's files after."""
        ssh_files.make_key(self.settings)
        network.bridge_up(self.settings)
        try:
            yield
        finally:
            ssh_files.write(self.settings)

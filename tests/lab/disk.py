"""What does a host's disk consist of, and how is it made, copied and lost?

It is an ext4 file system in a sparse file. It is mounted only in the host's
private mount namespace, so that it is unmounted when the last process of the
host is gone, however that came.
"""

import contextlib
import fcntl
import os
import struct
from pathlib import Path

from tests.lab import shell
from tests.lab.host import Host
from tests.lab.processes import Process

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH


def make(host: Host, megabytes: int) -> None:
    new = host.dir / "disk.new"
    with new.open("wb") as file:
        file.truncate(megabytes << 20)
    shell.run(
        *("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^resize_inode", "-J", "size=8"),
        *("-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", new),
    )
    new.rename(host.disk)


def loops(host: Host) -> list[str]:
    """Return the loop devices that hold it: none once the host is gone."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if backing.read_text().strip() == str(host.disk):
                found.append(backing.parts[3])
    return found


def inside(host: Host, supervisor: Process) -> Path:
    """Return the disk as the host's supervisor sees it: its mounts are not ours."""
    return Path(f"/proc/{supervisor.pid}/root{host.mnt}")


def lose_unsynced(host: Host, supervisor: Process) -> None:
    """Stop all writing at once, as a power cut does: what was not fsynced is lost."""
    place = os.open(inside(host, supervisor), os.O_RDONLY)
    try:
        fcntl.ioctl(place, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(place)


def copy(host: Host, to: Path, supervisor: Process | None) -> None:
    """Copy it as it is at one moment, while the host waits if it is running."""
    if supervisor is None:
        clone(host.disk, to)
        return
    place = inside(host, supervisor)
    shell.run("sync", "-f", place)
    shell.run("fsfreeze", "-f", place)
    try:
        clone(host.disk, to)
    finally:
        shell.run("fsfreeze", "-u", place)


def clone(disk: Path, to: Path) -> None:
    new = to.with_suffix(".new")
    shell.run("cp", "--sparse=always", disk, new)
    new.rename(to)

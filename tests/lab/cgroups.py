"""Which cgroups does a host have, and which processes are in them?

All of a host's processes are in ``<hierarchy>/<bridge>/h1``, in each hierarchy
of cgroup v1 or the one of v2. Whatever is in there is the host's.
"""

import contextlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.lab.host import Host
from tests.lab.settings import Settings
from tests.lab.waiting import until

TOP = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    if (TOP / "cgroup.controllers").exists():
        return [TOP]
    # cpu,cpuacct and the like are named by symbolic links too
    places = (place for place in TOP.iterdir() if place.is_dir() and not place.is_symlink())
    return [place for place in places if (place / "cgroup.procs").exists()]


def of(host: Host) -> list[Path]:
    return [top / host.settings.bridge / host.name for top in hierarchies()]


def make(host: Host) -> list[Path]:
    """Make them, so that a process can be put in at once."""
    places = of(host)
    for place in places:
        if place.parts[-3] == "cpuset":
            make_cpuset(place.parent)
            make_cpuset(place)
            (place / "cgroup.clone_children").write_text("1")
        place.mkdir(parents=True, exist_ok=True)
        if place.parts[-3] == "memory":
            with contextlib.suppress(OSError):
                (place / "memory.use_hierarchy").write_text("1")
    return places


def make_cpuset(place: Path) -> None:
    """Make one with what its parent has: a new one is empty, and takes no process."""
    place.mkdir(exist_ok=True)
    for name in ("cpuset.cpus", "cpuset.mems"):
        (place / name).write_text((place.parent / name).read_text())


def pids(host: Host) -> set[int]:
    return {pid for place in of(host) for pid in members(place)}


def members(place: Path) -> Iterator[int]:
    for folder, _, _ in os.walk(place):  # which may vanish meanwhile, unlike for rglob
        with contextlib.suppress(OSError):
            yield from map(int, Path(folder, "cgroup.procs").read_text().split())


def drop(host: Host) -> None:
    """Remove them. They go when their last process has gone, which may take a moment."""
    for place in of(host):
        until(partial(dropped, place), seconds=0.5)


def dropped(place: Path) -> bool:
    inner = sorted(place.rglob("*/"), key=lambda path: -len(path.parts))
    for path in (*inner, place):
        with contextlib.suppress(OSError):
            path.rmdir()
    return not place.exists()


def drop_all(settings: Settings) -> None:
    """Remove those of all the lab's hosts, with or without a disk."""
    for top in hierarchies():
        lab = top / settings.bridge
        if lab.exists():
            until(partial(dropped, lab), seconds=0.5)


def memory_mb(host: Host) -> int:
    """Return what it uses; 0 where the kernel does not say."""
    for name in ("memory.usage_in_bytes", "memory.current"):
        for place in of(host):
            with contextlib.suppress(OSError):
                return int((place / name).read_text()) >> 20
    return 0

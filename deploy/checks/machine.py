"""Has the machine what a site needs?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploy.checks.finding import Finding, Seen, ok, warn, wrong
from deploy.errors import PlanError
from deploy.stages import fitness

OLDEST = {"systemd": 252, "openssl": 3}
"""Of these Flaskyard uses what came with them; Debian 12 has them."""

SCARCE = 0.1
"""Less than this share free is told of."""

RUN_BYTES, RUN_INODES = 16_000_000, 1_000
SKEW_SECONDS, WRONG_SECONDS = 1, 30
"""Servers that disagree so much on the time are told of; from the second on, links that are
signed for a while fail."""

SYNCHRONIZE = "sudo apt-get install systemd-timesyncd"


def system(seen: Seen) -> Iterator[Finding]:
    """See that it is a Debian that can run the site, and no other site has its names."""
    try:
        fitness.refuse_other_systems(seen.state)
        fitness.refuse_taken(seen.at, seen.site, seen.state)
    except PlanError as error:
        yield wrong(str(error))
        return
    yield ok(f"runs {seen.state.os.get('PRETTY_NAME')}, Python {seen.state.python}")


def programs(seen: Seen) -> Iterator[Finding]:
    """See that systemd and openssl are new enough."""
    found = seen.examined.system.versions if seen.examined.system else {}
    for name, oldest in OLDEST.items():
        major = re.match(r"\d+", found.get(name, ""))
        if found and (major is None or int(major[0]) < oldest):
            there = found.get(name) or "missing"
            yield wrong(
                f"{name} is {there}; Flaskyard needs {oldest} or newer", "sudo apt-get upgrade"
            )
    if found:
        yield ok(", ".join(f"{name} {one}" for name, one in sorted(found.items()) if one))


def disk(seen: Seen) -> Iterator[Finding]:
    """See that a release fits, and that no file system is nearly full."""
    state, todo = seen.state, "fab prune --keep 2"
    if state.free_bytes < fitness.NEEDED_BYTES:
        free, needed = state.free_bytes // 10**6, fitness.NEEDED_BYTES // 10**6
        yield wrong(f"has {free} MB of disk free; a release needs {needed}", todo)
    elif state.free_inodes < fitness.NEEDED_INODES:
        needed = fitness.NEEDED_INODES
        yield wrong(f"has {state.free_inodes} inodes free; a release needs {needed}", todo)
    full = False
    for one in seen.examined.system.disks if seen.examined.system else ():
        says = f"{one.path}: {one.free_bytes / 10**9:.1f} of {one.bytes / 10**9:.1f} GB free"
        little = one.path == "/run" and (
            one.free_bytes < RUN_BYTES or (one.inodes and one.free_inodes < RUN_INODES)
        )
        if little:
            yield wrong(f"{says}, {one.free_inodes} inodes: pools cannot start", "systemd-cgls")
        elif one.free_bytes < SCARCE * one.bytes:
            yield warn(says, f"sudo du -xh --max-depth 2 {one.path} | sort -h | tail")
        elif one.inodes and one.free_inodes < SCARCE * one.inodes:
            yield warn(f"{one.path}: {one.free_inodes} of {one.inodes} inodes free")
        else:
            continue
        full = True
    if not full and state.free_bytes >= fitness.NEEDED_BYTES:
        yield ok(f"{state.free_bytes / 10**9:.1f} GB of disk free")


def memory(seen: Seen) -> Iterator[Finding]:
    """See that there is memory left, and that it is not overloaded."""
    system = seen.examined.system
    if system is None:
        return
    free, all_of_it = (
        f"{size / 10**9:.1f}" for size in (system.memory.free_bytes, system.memory.bytes)
    )
    says = f"{free} of {all_of_it} GB of memory free"
    yield (warn if system.memory.free_bytes < SCARCE * system.memory.bytes else ok)(says)
    if system.load > 2 * system.cpus:
        yield warn(f"load {system.load:.1f} on {system.cpus} processors")


def clock(seen: Seen) -> Iterator[Finding]:
    """See that its clock says what the one here does."""
    if seen.examined.system is None:
        return
    off = abs(seen.skew_seconds)
    if off > SKEW_SECONDS:
        way = "ahead of" if seen.skew_seconds > 0 else "behind"
        yield (wrong if off > WRONG_SECONDS else warn)(
            f"its clock is {off:.0f} s {way} the one here", SYNCHRONIZE
        )
    else:
        yield ok("its clock says what the one here does")


def synchronized(seen: Seen) -> Iterator[Finding]:
    """See that its clock stays right."""
    if seen.examined.system and seen.examined.system.synchronized == "no":
        yield warn("its clock is set by nobody", SYNCHRONIZE)


def failed(seen: Seen) -> Iterator[Finding]:
    """Tell of units that failed, whosever."""
    system = seen.examined.system
    if system is None:
        return
    for unit in system.failed:
        yield warn(f"{unit} failed", f"sudo systemctl status {unit}")
    if not system.failed:
        yield ok("no unit has failed")


def reboot(seen: Seen) -> Iterator[Finding]:
    """Tell of an upgrade that waits for a boot."""
    system = seen.examined.system
    if system and system.reboot is not None:
        why = f" for {', '.join(system.reboot)}" if system.reboot else ""
        yield warn(f"waits for a boot{why}", "sudo systemctl reboot")


def journal(seen: Seen) -> Iterator[Finding]:
    """See that logs outlive a boot."""
    system = seen.examined.system
    if system is None:
        return
    if system.journal_bytes is None:
        yield warn("its journal is lost at boot", "sudo mkdir /var/log/journal, and boot")
    else:
        yield ok(f"its journal has {system.journal_bytes / 10**6:.0f} MB")

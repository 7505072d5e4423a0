"""What does a lab need of this machine that it has not got?"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.lab.shell import PATH

PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "bridge": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "ssh-keygen": "openssh-client",
}


def missing() -> str | None:
    """Say what, and how to get it; nothing if all is there."""
    if os.geteuid() != 0:
        return "a lab must run as root"
    packages = absent(lambda program: shutil.which(program, path=PATH))
    if packages:
        words = " ".join(packages)
        return f"missing programs; run: apt-get install -y --no-install-recommends {words}"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "this kernel has no overlayfs"
    return None


def absent(which: Callable[[str], object]) -> list[str]:
    """Return the Debian packages of the programs that are not found."""
    return sorted({package for program, package in PACKAGES.items() if not which(program)})

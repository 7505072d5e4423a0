"""Where what a release brings is unpacked, built and installed: as nobody of importance.

Installing runs code of what is installed: building an sdist does, and so does the `.pth` file
of a wheel once anything asks the environment's own Python. None of it is root's to run.
"""

from __future__ import annotations

from deploy.acting.steps import Run, Script, shell
from deploy.layout import Layout

LIMITS = (
    "PrivateTmp=yes",
    "PrivateNetwork=yes",
    "PrivateDevices=yes",
    "PrivateIPC=yes",
    "PrivateUsers=yes",
    "TemporaryFileSystem=/dev/shm:mode=1777",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "LockPersonality=yes",
    "NoNewPrivileges=yes",
    "RemoveIPC=yes",
    "RestrictAddressFamilies=AF_NETLINK",  # systemd-run of Debian 12 takes no "none"
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "CapabilityBoundingSet=",
    "UMask=0022",
    "MemoryMax=1G",
    "TasksMax=256",
    "RuntimeMaxSec=240",
)
"""What runs in there reads what everybody may, writes one folder, and reaches nobody: not even
over a socket of this machine, D-Bus or a path in that folder, where an open file could be handed to
a process that lasts.

The time is for all of it, and what it started ends with it."""


def inside(at: Layout, writable: str, script: str, *words: str) -> Run:
    """Run a fixed script, with its words, as the site's builder: ``writable`` is all it can alter.

    Whatever it leaves there may be anything but root's or set-uid: see `taken`.
    """
    limits = (*LIMITS, f"User={at.builder}", f"ReadWritePaths={writable}")
    properties = (f"--property={limit}" for limit in limits)
    run = ("systemd-run", "--quiet", "--wait", "--pipe", "--collect", *properties)
    return Run(*run, "sh", "-c", f"export HOME=/tmp && cd /tmp && {script}", "sh", *words)


def open_to(at: Layout, folder: str) -> Run:
    """Make a folder that the builder may write to, without what was there before."""
    return shell('rm -rf "$1" && install -d -o "$2" -m 755 "$1"', folder, at.builder)


def given(at: Layout, folder: str) -> Script:
    """Let the builder add to the folders below one of root's, and alter none of their files."""
    return Script.of("own", {"do": "give", "folder": folder, "user": at.builder})


def taken(folder: str) -> Script:
    """Give to root what the builder made; nothing of the builder's runs any more."""
    return Script.of("own", {"do": "take", "folder": folder})

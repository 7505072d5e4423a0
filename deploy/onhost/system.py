"""Print, as JSON, how the machine is that the site runs on. Changes nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

VERSIONS = {
    "nginx": ["nginx", "-v"],
    "openssl": ["openssl", "version"],
    "systemd": ["systemctl", "--version"],
}
REBOOT = Path("/run/reboot-required")
JOURNAL = Path("/var/log/journal")


def main(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of a machine whatever it runs; ``paths`` are where disks matter."""
    return {
        "time": time.time(),
        "synchronized": said("timedatectl", "show", "--property=NTPSynchronized", "--value"),
        "versions": {name: version(words) for name, words in VERSIONS.items()},
        "disks": disks(given["paths"]),
        "memory": memory(Path("/proc/meminfo").read_text()),
        "load": os.getloadavg()[0],
        "cpus": os.cpu_count() or 1,
        "up_seconds": float(Path("/proc/uptime").read_text().split()[0]),
        "reboot": reboot(),
        "failed": failed(),
        "journal_bytes": size(JOURNAL) if JOURNAL.is_dir() else None,
    }


def said(*words: str) -> str:
    """Return what a command says, on stderr too; nothing where there is no such command."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip()


def version(words: list[str]) -> str:
    """Return the first number a program says of itself; nothing where it is not there."""
    found = re.search(r"\d[\w.]*", said(*words))
    return found[0] if found else ""


def disks(paths: list[str]) -> list[dict[str, Any]]:
    """Return how full each file system is, named after the first of the paths on it."""
    found: dict[int, dict[str, Any]] = {}
    for name in paths:
        path = nearest(Path(name))
        usage, state = shutil.disk_usage(path), os.statvfs(path)
        found.setdefault(
            path.stat().st_dev,
            {
                "path": name,
                "free_bytes": usage.free,
                "bytes": usage.total,
                "free_inodes": state.f_favail,
                "inodes": state.f_files,
            },
        )
    return list(found.values())


def nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def memory(meminfo: str) -> dict[str, int]:
    """Return bytes of memory: all there is, and what a new process could have (proc(5))."""
    kib = dict(re.findall(r"^(MemTotal|MemAvailable): +(\d+) kB$", meminfo, re.MULTILINE))
    return {"bytes": int(kib["MemTotal"]) * 1024, "free_bytes": int(kib["MemAvailable"]) * 1024}


def reboot() -> "list[str] | None":
    """Return the packages that want the server to boot, None where none does."""
    if not REBOOT.exists():
        return None
    packages = REBOOT.with_name("reboot-required.pkgs")
    return sorted(set(packages.read_text().split())) if packages.exists() else []


def failed() -> list[str]:
    lines = said("systemctl", "list-units", "--failed", "--plain", "--no-legend").splitlines()
    return sorted(line.split()[0] for line in lines if "failed" in line.split())


def size(folder: Path) -> int:
    """Return the bytes that a folder takes on the disk."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except FileNotFoundError:  # journald has just rotated it away
            continue
    return total


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)

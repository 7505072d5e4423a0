"""Print, as JSON, how this server is. Changes nothing."""

import json
import platform
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any


def main(given: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the site at ``home``, and of what else is asked for by name."""
    home = Path(given["home"])
    return {
        "os": os_release(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "glibc": platform.libc_ver()[1],
        "free_bytes": shutil.disk_usage(nearest(home)).free,
        "packages": packages(given["packages"]),
        "users": [name for name in given["users"] if exists(name)],
        "files": {path: text(Path(path)) for path in given["files"]},
        "links": {path: link(Path(path)) for path in given["links"]},
        "folders": {path: folder(Path(path)) for path in given["folders"]},
        "toolbox": link(home / "toolbox"),
        "current": link(home / "current"),
        "releases": releases(home / "releases"),
        "store": sorted(path.name for path in listed(home / "store")),
        "units": units(given["units"]),
    }


def os_release() -> dict[str, str]:
    return platform.freedesktop_os_release()


def nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def listed(path: Path) -> list[Path]:
    return list(path.iterdir()) if path.is_dir() else []


def packages(names: list[str]) -> list[str]:
    """Return those of the Debian packages that are installed."""
    words = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [row[0] for row in rows if row[1:] == ["installed"]]


def exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def text(path: Path) -> "str | None":
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return None


def link(path: Path) -> "str | None":
    try:
        return str(path.readlink())
    except OSError:
        return None


def folder(path: Path) -> "str | None":
    """Return ``owner mode`` of a folder."""
    try:
        state = path.lstat()
        return f"{pwd.getpwuid(state.st_uid).pw_name} {state.st_mode & 0o7777:o}"
    except (OSError, KeyError):
        return None


def releases(path: Path) -> dict[str, Any]:
    """Return each release's manifest, None for one that is not complete."""
    found = {}
    for release in listed(path):
        try:
            found[release.name] = json.loads((release / "release.json").read_text("utf-8"))
        except (OSError, ValueError):
            found[release.name] = None
    return found


def units(patterns: list[str]) -> dict[str, dict[str, str]]:
    """Return what systemd says of the units that match, by name."""
    shown = "Id,ActiveState,SubState,MainPID,NRestarts,MemoryCurrent,ActiveEnterTimestamp"
    words = ["systemctl", "show", "--property", shown, "--", *patterns]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    blocks = [block.splitlines() for block in done.stdout.split("\n\n") if block.strip()]
    rows = [dict(line.split("=", 1) for line in block) for block in blocks]
    return {row.pop("Id"): row for row in rows if "Id" in row}


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)

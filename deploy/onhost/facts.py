"""Print, as JSON, how this server is. Changes nothing."""

import grp
import hashlib
import json
import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NGINX = "www-data"
"""Whom Debian's nginx runs as."""


def main(given: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the site at ``home``, and of what else is asked for by name."""
    home = Path(given["home"])
    return {
        "os": os_release(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "glibc": platform.libc_ver()[1],
        "free_bytes": shutil.disk_usage(nearest(home)).free,
        "free_inodes": free_inodes(nearest(home)),
        "packages": packages(given["packages"]),
        "users": [name for name in given["users"] if user(name)],
        "let_in": [name for name in given["users"] if NGINX in members(name)],
        "pool_users": sum(
            one.pw_name.startswith(f"{given['site']}-") and not lives(one) for one in pwd.getpwall()
        ),
        "strangers": [name for name in given["users"] if lives(user(name))],
        "files": {path: text(Path(path)) for path in given["files"]},
        "links": {path: link(Path(path)) for path in given["links"]},
        "folders": {path: folder(Path(path)) for path in given["folders"]},
        "keys": {path: keys(Path(path)) for path in given["keys"]},
        "agent": link(home / "agent"),
        "agents": agents(home),
        "vault": vault(Path(given["vault"])),
        "handed": handed(Path(given["handed"])),
        "nginx": nginx(),
        "certificates": sorted(path.name for path in listed(Path(given["tls"]))),
        "tls": certified(Path(given["tls"])),
        "current": link(home / "current"),
        "releases": releases(home / "releases"),
        "environments": sorted(path.name for path in listed(home / "environments")),
        "store": stored(home / "store"),
        "live_links": sorted(path.name for path in listed(home / "live")),
        "incoming": sorted(path.name for path in listed(home / "incoming")),
        "publishing": (home / "publishing").exists(),
        "schedules": (home / "schedules").exists(),
        "closed": closed(home / "maintenance" / "closed.json"),
        "units": units(given["site"], given["units"]),
    }


def os_release() -> dict[str, str]:
    return platform.freedesktop_os_release()


def free_inodes(path: Path) -> int:
    """Return how many files may be made; some file systems know no limit and count none."""
    state = os.statvfs(path)
    return state.f_favail if state.f_files else sys.maxsize


def nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def listed(path: Path) -> list[Path]:
    return list(path.iterdir()) if path.is_dir() else []


def agents(home: Path) -> list[str]:
    """Return the folders of agents, and of the toolboxes that were before them."""
    kinds = ("agent-", "toolbox")
    return sorted(path.name for path in listed(home) if path.name.startswith(kinds))


def packages(names: list[str]) -> list[str]:
    """Return those of the Debian packages that are installed."""
    words = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *names]
    rows = [line.split() for line in said(words).splitlines()]
    return [row[0] for row in rows if row[1:] == ["installed"]]


def said(words: list[str]) -> str:
    """Return a command's output; nothing where there is no such command, as on other systems."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def user(name: str) -> "pwd.struct_passwd | None":
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def members(group: str) -> list[str]:
    try:
        return list(grp.getgrnam(group).gr_mem)
    except KeyError:
        return []


def lives(found: "pwd.struct_passwd | None") -> bool:
    """Whether a user has what a pool's has not: a home, or a shell."""
    if found is None:
        return False
    return found.pw_dir != "/nonexistent" or not found.pw_shell.endswith(("/nologin", "/false"))


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


def keys(path: Path) -> "dict[str, Any] | None":
    """Return what a key file is like, and nothing of the keys in it."""
    try:
        state, content = path.lstat(), path.read_bytes()
    except OSError:
        return None
    return {
        "right": f"{state.st_uid} {state.st_mode & 0o7777:o}",
        "sha256": hashlib.sha256(content).hexdigest(),
        "made": [
            line.partition(b" ")[0].decode("ascii", "replace") for line in content.splitlines()
        ],
    }


def digest(path: Path) -> str:
    """Return the sha256 of a key file, nothing where there is none."""
    found = keys(path)
    return found["sha256"] if found else ""


def vault(path: Path) -> "dict[str, Any] | None":
    """Return which secrets are kept, and nothing of what they are."""
    if not path.exists():
        return None
    words = ["systemd-creds", "decrypt", "--name=secrets", str(path), "-"]
    try:
        kept = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    except subprocess.CalledProcessError as error:
        return {"fault": error.stderr.decode("utf-8", "replace").strip()}
    except (OSError, ValueError):
        return {"fault": f"{path} is not what was written there"}
    names = {
        app: {name: {"made": one["made"], "by": one["by"]} for name, one in ones.items()}
        for app, ones in kept["apps"].items()
    }
    last = kept["changed"]
    return {"run": last.get("run", ""), "time": last.get("time", ""), "names": names}


def handed(path: Path) -> dict[str, str]:
    """Return which secrets each release was given."""
    return {one.name: text(one / ".run") or "" for one in listed(path) if one.suffix == ""}


def closed(path: Path) -> list[dict[str, Any]]:
    """Return what is closed for maintenance; nothing where somebody broke the file."""
    try:
        return list(json.loads(text(path) or "[]"))
    except (TypeError, ValueError):
        return []


def nginx(program: str = "nginx") -> "dict[str, str] | None":
    """Return which nginx is installed, and the OpenSSL that it runs with."""
    try:
        done = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    version = re.search(r"nginx/(\S+)", done.stderr)
    libraries = re.findall(r"(?:built|running) with OpenSSL (\S+)", done.stderr)
    return {"version": version[1], "openssl": (libraries or [""])[-1]} if version else None


def certified(path: Path) -> "dict[str, Any] | None":
    """Return what was last said of the certificates."""
    try:
        return dict(json.loads((path / "state.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
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


def stored(path: Path) -> list[str]:
    """Return the files of the store, without what a copy that was cut off left."""
    found = (file for folder in listed(path) for file in listed(folder))
    return sorted(
        f"{file.parent.name}/{file.name}" for file in found if not file.name.startswith(".new")
    )


def units(site: str, patterns: list[str]) -> dict[str, dict[str, str]]:
    """Return what systemd says of the units that match, by name, without another site's.

    The pool ``staging-web`` of the site ``yard`` and the pool ``web`` of ``yard-staging``
    have like names; only the descriptions tell them apart.
    """
    shown = (
        "Id,Description,ActiveState,SubState,MainPID,NRestarts,MemoryCurrent,ActiveEnterTimestamp"
    )
    words = ["systemctl", "show", "--property", shown, "--", *patterns]
    blocks = [block.splitlines() for block in said(words).split("\n\n") if block.strip()]
    rows = [dict(line.split("=", 1) for line in block) for block in blocks]
    own = [row for row in rows if row.get("Description", "").startswith(f"{site}: ")]
    shared = [row for row in rows if row.get("Id") in patterns]
    return {row["Id"]: row for row in (*own, *shared)}


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)

"""A copy of this project, with servers of the lab, to be deployed as a user would."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
DOMAIN = "yard.test"
MARK = "<!-- mark -->"

MARKER_APP = '''\
"""Says which version and release of the site answers, and how many bytes it was sent."""

import os

VERSION = "{version}"


def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    answer = f"{{VERSION}} {{len(body)}}".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))]
    headers.append(("Marker-Release", os.environ.get("DISPATCHER_RELEASE", "")))
    start_response("200 OK", headers)
    return [answer]
'''


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Project:
    """A git repository with the site, where `fab` is run."""

    def __init__(
        self, folder: Path, ssh_config: Path, hosts: tuple[str, ...] = ("h1",), watch: float = 0
    ) -> None:
        self.folder, self.ssh_config, self.servers = folder, ssh_config, hosts
        copy_tracked(folder)
        (ROOT / "dist" / "wheels").mkdir(parents=True, exist_ok=True)
        (folder / "dist").mkdir()
        (folder / "dist" / "wheels").symlink_to(ROOT / "dist" / "wheels")  # downloaded once
        site = folder / "site.toml"
        text = site.read_text().split("[servers.web1]")[0]
        domain = f'domain = "{DOMAIN}"\nwatch_seconds = {watch}'
        text = text.replace('domain = "example.org"', domain)
        text += "[limits]\nper_second = 0\nat_once = 0\n"  # visitors of tests have one address
        text += '[apps.marker]\napp = "apps.marker:application"\npath = "/marker"\n'
        text += "".join(f'\n[servers.{host}]\nhost = "deploy@{host}"\n' for host in hosts)
        site.write_text(text)
        self.git("init", "--quiet")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@yard.test")
        self.version("one")

    def version(self, name: str) -> str:
        """Commit a version of the site that every page and answer shows; return its release id."""
        (self.folder / "apps" / "marker.py").write_text(MARKER_APP.format(version=name))
        base = self.folder / "apps" / "look" / "templates" / "look" / "base.html"
        text = base.read_text().split(MARK)[0].rstrip()
        base.write_text(f"{text}\n{MARK}<!-- version {name} -->\n")
        return self.commit(name)

    def cloned(self, folder: Path) -> Project:
        """Return another checkout of it, as a colleague has."""
        self.git("clone", "--quiet", str(self.folder), str(folder))
        other = copy.copy(self)
        other.folder = folder
        return other

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file that must have ``old``."""
        text = (self.folder / path).read_text()
        assert old in text, f"{path} has no {old!r}"
        (self.folder / path).write_text(text.replace(old, new))

    def commit(self, message: str) -> str:
        """Commit everything; return the id of its release."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head()

    def head(self) -> str:
        """Return the id that a release of the last commit has."""
        time = ("--date=format-local:%Y%m%dT%H%M%S", "--format=%cd-%h", "--abbrev=7")
        return self.git("log", "-1", *time).strip()

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ("git", "-C", str(self.folder), *words),
            env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "HOME": str(self.folder)},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def start_fab(self, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Begin a task, as a user would type it."""
        return subprocess.Popen(
            (str(Path(sys.executable).parent / "fab"), "-S", str(self.ssh_config), *words),
            cwd=self.folder,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def try_fab(self, *words: str, feed: str = "") -> Done:
        """Run a task to its end; ``feed`` is what it may read."""
        with self.start_fab(*words, stdin=subprocess.PIPE) as running:
            out, err = running.communicate(feed, timeout=300)
        return Done(running.returncode, out, err)

    def fab(self, *words: str, feed: str = "") -> Done:
        """Run a task that must succeed."""
        done = self.try_fab(*words, feed=feed)
        assert done.code == 0, done
        return done

    def told(self, *words: str) -> Any:
        """Run a task that prints JSON and return that."""
        return json.loads(self.fab(*words, "--json").out)

    def live(self) -> list[str]:
        """Return the release that is live on each server."""
        return [row["release"] for row in self.told("status")]


def copy_tracked(folder: Path) -> None:
    """Copy what git tracks or would, so that what is being worked on is what is tested."""
    listing = ("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\n")
    for name in dict.fromkeys(names):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)

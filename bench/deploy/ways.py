"""Which ways to deploy are compared? Ours, and the Flask documentation's recipe, on one host."""

from __future__ import annotations

import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from bench.deploy import figures
from bench.deploy.phases import OURS, RECIPE, Line, Phases
from tests.deployment.project import DOMAIN, Project
from tests.deployment.traffic import ASKS, Ask
from tests.lab.host import Host
from tests.lab.lab import Lab

PEER = Path(__file__).parent / "recipe"
BROKEN_APP = "apps/watch/__init__.py"


class BenchError(Exception):
    """A command that had to succeed did not."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command went; times are of the monotonic clock."""

    code: int
    begin: float
    end: float
    lines: list[Line]
    """What it said on stderr."""

    built: float | None = None
    """Seconds after which the sdist was there, where that can be seen."""

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    def checked(self) -> Ran:
        """Return itself; raises `BenchError` if the command failed."""
        if self.code:
            raise BenchError("".join(line.text for line in self.lines))
        return self


class Way(ABC):
    """A way to deploy a project."""

    name: ClassVar[str]
    domain: ClassVar[str]
    phases: ClassVar[Phases]

    def __init__(self, project: Project) -> None:
        self.project = project
        self.release = ""
        """The last that was whole."""

    @property
    def asks(self) -> tuple[Ask, ...]:
        return tuple(replace(ask, host=ask.host.replace(DOMAIN, self.domain)) for ask in ASKS)

    def change(self, version: str) -> None:
        """Commit another version of the site's code."""
        self.release = self.project.version(version)

    @abstractmethod
    def deploy(self) -> Ran: ...

    @abstractmethod
    def rollback(self) -> Ran: ...

    @abstractmethod
    def restore(self) -> None:
        """Make the last whole release live again, after a rollback or a broken one."""

    def deploy_broken(self) -> Ran:
        """Deploy a release of which one app cannot be imported; the project is whole again then."""
        file = self.project.folder / BROKEN_APP
        text = file.read_text()
        file.write_text(f"{text}import no_such_module\n")
        self.project.commit("break")
        ran = self.deploy()
        file.write_text(text)
        return ran

    def fab(self, *words: str) -> Ran:
        """Run a task as a user does, from the start of the process to its end."""
        begin = time.monotonic()
        lines = []
        with self.project.start_fab(*words) as running:
            assert running.stderr is not None
            for text in running.stderr:
                lines.append(Line(time.monotonic() - begin, text))
            out, _ = running.communicate()
        end = time.monotonic()
        if running.returncode:
            lines.append(Line(end - begin, out))
        return Ran(running.returncode, begin, end, lines)


class Ours(Way):
    """``fab deploy`` and ``fab rollback`` of this project."""

    name = figures.OURS
    domain = DOMAIN
    phases = OURS

    def set_up(self) -> None:
        self.fab("bootstrap").checked()
        self.deploy().checked()

    def deploy(self) -> Ran:
        before, started = self.releases(), time.time()
        ran = self.fab("deploy")
        made = self.releases() - before
        # The folder's inode changes last when it is renamed to its place, complete.
        built = next((folder.stat().st_ctime - started for folder in made), None)
        return replace(ran, built=built)

    def rollback(self) -> Ran:
        return self.fab("rollback")

    def restore(self) -> None:
        if self.project.live() != [self.release]:
            self.fab("rollback", "--to", self.release).checked()

    def releases(self) -> set[Path]:
        return set((self.project.folder / "dist").glob("2*-*"))


class Recipe(Way):
    """``fab pack deploy`` of `bench.deploy.recipe`; a rollback installs the archive before."""

    name = figures.RECIPE
    domain = "recipe.test"
    phases = RECIPE

    def set_up(self, lab: Lab, host: Host) -> None:
        """Do by hand what the documentation expects to be there, offline; then deploy."""
        shutil.copy(PEER / "fabfile.py", self.project.folder / "fabfile.py")
        self.project.edit("site.toml", f'domain = "{DOMAIN}"', f'domain = "{self.domain}"')
        self.project.commit("use the recipe")
        apt = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes")
        lab.run(host, *apt, "update")
        lab.run(host, *apt, "install", "--no-install-recommends", "python3-venv")
        lab.run(host, "install", "-d", "-o", "deploy", "/var/www/recipe", "/var/www/recipe/wheels")
        self.send(
            host, [self.project.folder / "site.toml", locked(self.project)], "/var/www/recipe"
        )
        self.send(host, wheels(self.project), "/var/www/recipe/wheels")
        lab.run(host, "install", "-d", "-o", "www-data", "/var/www/recipe/instance")
        lab.ssh(host, "python3", "-m", "venv", "/var/www/recipe/env")
        pip = ["/var/www/recipe/env/bin/pip", "install", "--quiet", "--no-index"]
        pip += ["--find-links", "/var/www/recipe/wheels"]
        lab.ssh(host, *pip, "--requirement", "/var/www/recipe/site.txt")
        lab.ssh(host, *pip, "--upgrade", "setuptools", "setuptools-scm")
        put(lab, host, PEER / "recipe.service", "/etc/systemd/system/recipe.service")
        put(lab, host, PEER / "nginx.conf", "/etc/nginx/conf.d/recipe.conf")
        lab.run(host, "systemctl", "daemon-reload")
        lab.run(host, "systemctl", "reload", "nginx")
        self.deploy().checked()

    def deploy(self) -> Ran:
        return self.fab("-H", "h1", "pack", "deploy")

    def rollback(self) -> Ran:
        return self.fab("-H", "h1", "deploy", "--archive", self.archives()[-2].name)

    def deploy_broken(self) -> Ran:
        ran = super().deploy_broken()
        self.archives()[-1].unlink()
        return ran

    def restore(self) -> None:
        self.fab("-H", "h1", "deploy").checked()

    def archives(self) -> list[Path]:
        """Return the archives built, newest last."""
        folder = self.project.folder / "dist"
        return sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime_ns)

    def send(self, host: Host, files: Sequence[Path], folder: str) -> None:
        words = ("scp", "-q", "-F", str(self.project.ssh_config), *map(str, files))
        subprocess.run((*words, f"deploy@{host.name}:{folder}/"), check=True)


def locked(project: Project) -> Path:
    return project.folder / "requirements" / "site.txt"


def wheels(project: Project) -> list[Path]:
    """Return what our own deployment downloaded, but for its installer."""
    found = (project.folder / "dist" / "wheels").glob("*/*.whl")
    return list({path.name: path for path in found if not path.name.startswith("uv-")}.values())


def put(lab: Lab, host: Host, source: Path, target: str) -> None:
    lab.run(host, "tee", target, feed=source.read_text())

"""From a commit to a release: the sdist, and the wheels its dependencies are locked to."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.building import code
from deploy.building.commit import Commit
from deploy.building.sdist import DIST, keep, python, scratch, source
from deploy.bundle import Agent, Built, Bundle, File

MADE = 4
"""How `deploy.server.tools` installs an agent; counted up at each change, to have it done anew."""


@dataclass(frozen=True, slots=True)
class Target:
    """What wheels must run on."""

    python: str = "3.11"
    machine: str = "x86_64"
    glibc: str = "2.36"

    @property
    def pip_options(self) -> list[str]:
        """Return the tags that fit (PEP 600), as pip wants them."""
        major, minor = (int(part) for part in self.glibc.split(".")[:2])
        platforms = [f"manylinux_{major}_{n}_{self.machine}" for n in range(minor, 4, -1)]
        platforms += [f"manylinux{year}_{self.machine}" for year in ("2014", "2010", "1")]
        abis = (f"cp{self.python.replace('.', '')}", "abi3", "none")
        return [
            *("--implementation", "cp", "--python-version", self.python),
            *(word for platform in platforms for word in ("--platform", platform)),
            *(word for abi in abis for word in ("--abi", abi)),
        ]


def bundle(root: Path, commit: Commit, targets: Iterable[Target]) -> Built[Bundle]:
    """Build the release of ``commit``, or take it from ``dist`` where it was built before.

    Raises `BuildError`. Two builds of one commit are the same, byte for byte.
    """
    folder = source(root, commit)
    archive = next(folder.glob("*.tar.gz"))
    requirements = folder / "requirements.txt"
    paths: dict[str, Path] = {}
    what = Bundle(
        id=commit.id,
        version=archive.name.removesuffix(".tar.gz").rpartition("-")[2],
        commit=commit.sha,
        sdist=kept(paths, archive),
        site=kept(paths, folder / "site.toml"),
        requirements=kept(paths, requirements),
        wheels=wheels(root, requirements, targets, paths),
    )
    return Built(what, paths)


def kept(paths: dict[str, Path], path: Path, name: str = "") -> File:
    """Return a file, noting where it is."""
    file = File.of(path, name)
    paths[file.sha256] = path
    return file


def agent(root: Path, targets: Iterable[Target]) -> Built[Agent]:
    """Return the agent for servers, with all it needs; raises `BuildError`."""
    requirements = root / "requirements" / "agent.txt"
    paths: dict[str, Path] = {}
    locked = kept(paths, requirements, "requirements.txt")
    what = Agent(
        name=name_of(locked.sha256),
        requirements=locked,
        code=kept(paths, packed(root)),
        wheels=wheels(root, requirements, targets, paths),
    )
    return Built(what, paths)


def agent_name(root: Path) -> str:
    """Return what the agent made of this code is called, without making it."""
    return name_of(File.of(root / "requirements" / "agent.txt").sha256)


def name_of(requirements: str) -> str:
    text = f"{requirements} {code.digest()} {MADE}"
    return f"agent-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def packed(root: Path) -> Path:
    """Return the zip of the agent's code, below ``dist``."""
    folder = root / DIST / "agent"
    path = folder / "code.zip"
    with scratch() as aside:
        new = aside / path.name
        new.write_bytes(code.code())
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(new, path)
    return path


def wheels(
    root: Path, requirements: Path, targets: Iterable[Target], paths: dict[str, Path]
) -> tuple[File, ...]:
    """Return the locked wheels for all targets, downloading those not yet in ``dist``."""
    found: dict[str, File] = {}
    for target in targets:
        for path in sorted(downloaded(root, requirements, target).glob("*.whl")):
            if path.name not in found:
                found[path.name] = kept(paths, path, f"wheels/{path.name}")
    return tuple(found.values())


def downloaded(root: Path, requirements: Path, target: Target) -> Path:
    """Return the folder of one target's wheels, each with a hash that the lock allows."""
    key = hashlib.sha256(requirements.read_bytes() + repr(target).encode()).hexdigest()[:16]
    folder = root / DIST / "wheels" / key
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(prefix="flaskyard-") as scratch:
            words = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            words += ["--require-hashes", "--only-binary", ":all:", *target.pip_options]
            words += ["--requirement", str(requirements), "--dest", f"{scratch}/wheels"]
            python("download the locked wheels", *words)
            keep(Path(scratch, "wheels"), folder)
    return folder

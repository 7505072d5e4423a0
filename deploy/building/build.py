"""From a commit to a release: the sdist, and the wheels its dependencies are locked to."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from deploy.building import code
from deploy.building.commit import Commit, check_out
from deploy.bundle import Agent, Built, Bundle, File
from deploy.errors import BuildError

MADE = 4
"""How `deploy.server.tools` installs an agent; counted up at each change, to have it done anew."""

DIST = Path("dist")
"""Below the project; what is in it can always be made again."""


HOOK = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"
"""What a frontend would call (PEP 517), without the quarter of a second it takes itself."""


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


def source(root: Path, commit: Commit) -> Path:
    """Return the folder with the commit's sdist, built unless it is there."""
    folder = root / DIST / commit.id
    if not folder.is_dir():
        sdist(root, commit, folder)
    return folder


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


def sdist(root: Path, commit: Commit, folder: Path) -> None:
    """Put the commit's sdist, its site.toml and its locked requirements into ``folder``."""
    with scratch() as aside:
        tree, made = aside / "tree", aside / "made"
        check_out(root, commit, tree)
        fixed = {"SOURCE_DATE_EPOCH": str(commit.epoch), "PYTHONHASHSEED": "0"}
        python("build the sdist", "-P", "-c", HOOK, str(made), at=tree, **fixed)
        shutil.copy(tree / "site.toml", made / "site.toml")
        shutil.copy(tree / "requirements" / "site.txt", made / "requirements.txt")
        keep(made, folder)


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder; it is removed while whoever had it goes on, for that takes its time."""
    folder = Path(tempfile.mkdtemp(prefix="flaskyard-"))
    try:
        yield folder
    finally:
        Thread(target=shutil.rmtree, args=(folder,)).start()


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


def keep(made: Path, folder: Path) -> None:
    """Move a finished folder to its place, which never holds half of one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as aside:
        shutil.copytree(made, Path(aside, folder.name))
        try:
            Path(aside, folder.name).rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
            # Another process was first, with the same bytes.


def python(what: str, *words: str, at: Path | None = None, **variables: str) -> None:
    """Run this environment's Python; raises `BuildError` with the end of what it said."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=at,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "".join(f"\n  | {line}" for line in done.stdout.splitlines()[-25:])
        raise BuildError(f"cannot {what} (exit status {done.returncode}){tail}")

"""Which loaded modules may somebody edit, which were installed?"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dispatcher.registry.site import App

OWN = Path(__file__).resolve().parents[1]
"""The dispatcher's own code."""

PLACES = frozenset(
    Path(place)
    for kind, place in sysconfig.get_paths().items()
    if kind in ("stdlib", "platstdlib", "purelib", "platlib")
)
"""Where pip and Python itself put files."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a process has loaded to serve the site."""

    installed: tuple[str, ...]
    """Modules that no edit changes, in the order of their import."""

    folders: frozenset[Path]
    """Where modules lie that somebody may edit."""

    packages: frozenset[Path]
    """The apps' own folders, with all below them."""

    since: float
    """When it began to, in seconds since 1970: what was edited later it may not have."""


def loaded(folder: Path, apps: Iterable[App], since: float) -> Loaded:
    """Return what this process has loaded for the apps beside the registry in ``folder``.

    The package of an installed app is left out: importing it may make the app, which is
    for the process that serves it.
    """
    apps = tuple(apps)
    left_out = {"__main__", "dispatcher", *map(top, apps)}
    installed: list[str] = []
    folders: set[Path] = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        if not is_installed(Path(file)):
            folders.add(Path(file).resolve().parent)
        elif name.partition(".")[0] not in left_out:
            installed.append(name)
    return Loaded(tuple(installed), frozenset(folders), packages(folder, apps), since)


def packages(folder: Path, apps: Iterable[App]) -> frozenset[Path]:
    """Return the folders that hold the apps beside the registry, and the dispatcher's."""
    found = {folder / top(app) for app in apps}
    if not is_installed(OWN):
        found.add(OWN)
    return frozenset(package for package in found if package.is_dir())


def top(app: App) -> str:
    """Return the package that the app is in."""
    return app.target.partition(":")[0].partition(".")[0]


def is_installed(file: Path) -> bool:
    return any(file.is_relative_to(place) for place in PLACES)

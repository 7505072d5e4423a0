"""Install a lock's dependencies once, compiled; each release begins as a copy of that.

The copy is of hard links: it takes a moment and no room, and stays whole when the original
goes. All is root's, and nothing writes a file in place: uv and Python write aside and rename.
"""

from __future__ import annotations

from deploy.bundle import Bundle
from deploy.layout import Layout
from deploy.look import State
from deploy.release import Release
from deploy.steps import Run, Step, Steps, shell
from deploy.tools import compiled, install_locked, uv


def name(bundle: Bundle, found: State) -> str:
    """Return what tells an environment from others: the lock and the server's Python."""
    return f"{bundle.requirements.sha256[:12]}-py{found.python}"


def make(at: Layout, bundle: Bundle, found: State) -> Steps:
    """Make the environment of the bundle's lock, unless the server has it."""
    its = name(bundle, found)
    if its in found.environments:
        return ()
    place = at.environment(its)
    new = f"{place}.new"
    # Relocatable, or its scripts would name the folder they are copied from.
    venv = uv(at, "venv", "--clear", "--relocatable", "--python", "/usr/bin/python3", new)
    # uv's lock file is left writable for all.
    keep = 'chmod -R go-w "$1" && sync --file-system "$1" && mv -T "$1" "$2"'
    return (
        Step("make an environment for its dependencies", venv, undo=Run("rm", "-rf", new, place)),
        Step(
            "install its dependencies",
            install_locked(at, f"{new}/bin/python", at.folder(bundle.id)),
        ),
        Step("compile them", compiled(new)),
        Step("keep them for the releases to come", shell(keep, new, place)),
    )


def copy(at: Layout, bundle: Bundle, found: State) -> Step:
    """Give the release an environment of its own."""
    links = Run("cp", "-al", at.environment(name(bundle, found)), f"{at.folder(bundle.id)}/venv")
    return Step("make its environment", links)


def drop(at: Layout, stay: tuple[Release, ...], found: State) -> Steps:
    """Remove the environments that no release which stays began as."""
    gone = sorted(set(found.environments) - {release.environment for release in stay})
    if not gone:
        return ()
    places = (at.environment(name) for name in gone)
    return (Step("remove dependencies that no release has", Run("rm", "-rf", *places)),)

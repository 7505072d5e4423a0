"""Install a lock's dependencies once, compiled; each release begins as a copy of that.

The copy is of hard links: it takes a moment and no room, and stays whole when the original
goes. All is root's, and nothing writes a file in place: uv and Python write aside and rename.
"""

from __future__ import annotations

from deploy.acting.steps import Run, Step, Steps, shell
from deploy.bundle import Bundle
from deploy.layout import Layout
from deploy.release import Release
from deploy.server.look import State
from deploy.server.sandbox import given, inside, open_to, taken
from deploy.server.tools import ALONE


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
    script = (
        '"$1" venv $4 --relocatable --python /usr/bin/python3 "$2" && '
        '"$1" pip install $4 --python "$2/bin/python" --offline --no-index --require-hashes '
        '--only-binary :all: --find-links "$3/wheels" -r "$3/requirements.txt"'
    )
    # Some packages have files that cannot be compiled.
    compiled = '{ python3 -I -m compileall -qq -j 0 "$1/lib" || true; }'
    keep = 'sync --file-system "$1" && mv -T "$1" "$2"'
    release = at.folder(bundle.id)
    return (
        Step(
            "make a folder for its dependencies",
            open_to(at, new),
            undo=Run("rm", "-rf", new, place),
        ),
        Step(
            "install its dependencies",
            inside(at, new, f"{script}", f"{at.tools}/uv", new, release, " ".join(ALONE)),
        ),
        Step("compile them", inside(at, new, compiled, new)),
        Step("see that all of them are root's", taken(new)),
        Step("keep them for the releases to come", shell(keep, new, place)),
    )


def copy(at: Layout, bundle: Bundle, found: State) -> Steps:
    """Give the release an environment of its own, to whose folders the builder may add."""
    source, target = at.environment(name(bundle, found)), f"{at.folder(bundle.id)}/venv"
    return (
        Step("make its environment", Run("cp", "-al", source, target)),
        Step("let the builder add to it", given(at, target)),
    )


def drop(at: Layout, stay: tuple[Release, ...], found: State) -> Steps:
    """Remove the environments that no release which stays began as."""
    gone = sorted(set(found.environments) - {release.environment for release in stay})
    if not gone:
        return ()
    places = (at.environment(name) for name in gone)
    return (Step("remove dependencies that no release has", Run("rm", "-rf", *places)),)

"""What makes environments on a server: uv, from a toolbox that every server keeps."""

from __future__ import annotations

from deploy.bundle import Toolbox
from deploy.layout import Layout
from deploy.look import State
from deploy.shipping import ship
from deploy.steps import Run, Step, Steps, shell

ALONE = ("--quiet", "--no-config", "--no-cache")
"""How uv is run: a cache would grow with each release, and nothing is installed twice."""


def tools(at: Layout, toolbox: Toolbox, found: State) -> Steps:
    """Install the toolbox, offline: its uv comes out of its wheel to make the environment."""
    if found.toolbox == toolbox.name:
        return ()
    folder = f"{at.home}/{toolbox.name}"
    unpack = 'python3 -m zipfile -e "$1" "$2/x" && install -m 755 "$2"/x/*/scripts/uv "$2/uv"'
    point = 'ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2"'
    uv = (f"{folder}/uv", *ALONE)
    python = f"{folder}/venv/bin/python"
    locked = ("--require-hashes", "--only-binary", ":all:", "--find-links", f"{folder}/wheels")
    return (
        Step("make the toolbox's folder", empty(folder)),
        *ship(at, toolbox.files, folder, found),
        Step("unpack uv", shell(unpack, f"{folder}/{toolbox.uv.name}", folder)),
        Step(
            "make the toolbox", Run(*uv, "venv", "--python", "/usr/bin/python3", f"{folder}/venv")
        ),
        Step(
            "install uv and setuptools",
            Run(*uv, *offline(python), *locked, "-r", f"{folder}/requirements.txt"),
        ),
        Step("compile them", compiled(f"{folder}/venv")),
        Step("use it", shell(point, toolbox.name, at.toolbox)),
    )


def install_locked(at: Layout, python: str, folder: str) -> Run:
    locked = ("--require-hashes", "--only-binary", ":all:", "--find-links", f"{folder}/wheels")
    return uv(at, *offline(python), *locked, "-r", f"{folder}/requirements.txt")


def compiled(environment: str) -> Run:
    """Compile what is installed, none of whose code runs; some packages have files that fail."""
    quiet = 'python3 -I -m compileall -qq -j 0 "$1" || true'
    return shell(quiet, f"{environment}/lib")


def install_wheel(at: Layout, python: str, wheel: str) -> Run:
    return uv(at, *offline(python), "--no-deps", wheel)


def uv(at: Layout, *words: str) -> Run:
    return Run(f"{at.tools}/uv", *ALONE, *words)


def offline(python: str) -> tuple[str, ...]:
    return ("pip", "install", "--python", python, "--offline", "--no-index")


def empty(folder: str) -> Run:
    """Make a folder, without what an interrupted deployment may have left in it."""
    return shell('rm -rf "$1" && mkdir -m 755 "$1"', folder)

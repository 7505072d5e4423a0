"""The agent of a server, with what makes environments there: uv, and setuptools."""

from __future__ import annotations

from deploy.acting.steps import Run, Step, Steps, shell
from deploy.bundle import Agent, Built
from deploy.layout import Layout
from deploy.server.look import State
from deploy.server.shipping import ship

ALONE = ("--quiet", "--no-config", "--no-cache")
"""How uv is run: a cache would grow with each release, and nothing is installed twice."""


def install_agent(at: Layout, built: Built[Agent], found: State) -> Steps:
    """Install the agent, offline: its uv comes out of its wheel to make the environment.

    The agent that runs is stopped; systemd starts the new one for the next client. Nobody
    is in the middle of anything, since who installs has the lock.
    """
    agent = built.what
    old = tuple(f"{at.home}/{name}" for name in found.agents if name != agent.name)
    drop = (Step("remove the agents from before", Run("rm", "-rf", *old)),) if old else ()
    if found.agent == agent.name:
        return drop
    folder = f"{at.home}/{agent.name}"
    unpack = 'python3 -m zipfile -e "$1" "$2/x" && install -m 755 "$2"/x/*/scripts/uv "$2/uv"'
    point = 'ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2"'
    uv = (f"{folder}/uv", *ALONE)
    python = f"{folder}/venv/bin/python"
    locked = ("--require-hashes", "--only-binary", ":all:", "--find-links", f"{folder}/wheels")
    packages = f"{folder}/venv/lib/python{'.'.join(found.python.split('.')[:2])}/site-packages"
    code = (f"{folder}/{agent.code.name}", packages)
    relay = (f"{packages}/deploy/onhost/relay.py", f"{folder}/relay")
    end = '! systemctl --quiet is-active "$1" || systemctl stop "$1"'
    return (
        Step("make the agent's folder", empty(folder)),
        *ship(at, built, folder, found),
        Step("unpack uv", shell(unpack, f"{folder}/{agent.uv.name}", folder)),
        Step(
            "make its environment",
            Run(*uv, "venv", "--python", "/usr/bin/python3", f"{folder}/venv"),
        ),
        Step(
            "install what it needs",
            Run(*uv, *offline(python), *locked, "-r", f"{folder}/requirements.txt"),
        ),
        Step("install the agent", Run("python3", "-m", "zipfile", "-e", *code)),
        Step("compile all", compiled(f"{folder}/venv")),
        Step("let it be asked", Run("install", "-m", "755", *relay)),
        Step("use it", shell(point, agent.name, at.agent)),
        Step("let systemd start it anew", shell(end, at.agent_service)),
        *drop,
    )


def compiled(environment: str) -> Run:
    """Compile what is installed, none of whose code runs; some packages have files that fail.

    uv's lock file is left writable for all: nothing of an agent may be.
    """
    quiet = '{ python3 -I -m compileall -qq -j 0 "$1/lib" || true; } && chmod -R go-w "$1"'
    return shell(quiet, environment)


def offline(python: str) -> tuple[str, ...]:
    return ("pip", "install", "--python", python, "--offline", "--no-index")


def empty(folder: str) -> Run:
    """Make a folder, without what an interrupted deployment may have left in it."""
    return shell('rm -rf "$1" && mkdir -m 755 "$1"', folder)

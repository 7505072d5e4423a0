"""How the steps of a deployment read, for tests that hold whole plans as text."""

from __future__ import annotations

import shlex

from deploy.acting.steps import Plan, Steps
from deploy.release import Release
from deploy.server.look import State
from deploy.server.sandbox import LIMITS
from deploy.stages import plans
from tests.deploy.sample import AT, BUNDLE, SITE, STAMP

NEW = BUNDLE.id
FOLDER = f"/srv/yard/releases/{NEW}"
DEPENDENCIES = "/srv/yard/environments/eeeeeeeeeeee-py3.11.2"
TOOLS = "/srv/yard/agent/venv/bin"


def deploy(found: State) -> Plan:
    return plans.deploy(AT, SITE, BUNDLE, found, STAMP)


def rollback(found: State, to: str = "") -> Plan:
    return plans.rollback(AT, found, plans.goal(found, to))


def notes(steps: Steps) -> list[str]:
    return [step.note for step in steps]


def undone(steps: Steps) -> list[str]:
    """Return how the steps are taken back, newest first."""
    return [str(step.undo) for step in reversed(steps) if step.undo]


FLIP = (
    """sh -c 'home=$1; shift; while [ $# -gt 0 ]; do ln -sfn "$1" "$2.new" && """
    """mv -T "$2.new" "$2" || exit; shift 2; done; sync "$home"' sh /srv/yard"""
)


def flip(to: Release) -> str:
    return (
        f"{FLIP} /run/yard/{to.id} /srv/yard/live/{to.routes} "
        f"/srv/yard/releases/{to.id} /srv/yard/current"
    )


def sandbox(writable: str) -> str:
    """Return how a script begins that runs as the builder."""
    limits = (*LIMITS, "User=_yard", f"ReadWritePaths={writable}")
    words = shlex.join(f"--property={limit}" for limit in limits)
    run = f"systemd-run --quiet --wait --pipe --collect {words}"
    return f"$ {run} sh -c 'export HOME=/tmp && cd /tmp && "

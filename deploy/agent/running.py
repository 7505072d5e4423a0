"""Run a command of the live release, as the user of a pool and in its sandbox; never as root."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from deploy.agent.process import InTerminal, Piped
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.protocol.commands import Exec
from deploy.release import PoolPart, Release
from deploy.server.look import State

OTHERWISE = ("ExecStart", "Type", "NotifyAccess", "Kill", "Timeout", "Restart", "Limit")
"""Settings of a pool's service that say how it serves, rather than what it may."""


def begun(at: Layout, request: Exec, found: State) -> tuple[str, Piped | InTerminal]:
    """Begin the command; return its unit, too. Raises `PlanError` where nothing is live."""
    live = found.installed.get(found.live or "")
    if live is None:
        raise PlanError("has no live release; run: fab deploy")
    pool = pool_of(live, request.app)
    unit = f"{at.site}-run-{secrets.token_hex(8)}.service"
    argv = words(at, unit, live.id, pool.name, request)
    run = ("systemd-run", "--quiet", "--collect", "--wait")
    if request.terminal is None:
        return unit, Piped((*run, "--pipe", *argv))
    return unit, InTerminal(run, argv, request.terminal)


def words(at: Layout, unit: str, release: str, pool: str, request: Exec) -> tuple[str, ...]:
    """Return the command for systemd: the pool's service, with another program."""
    text = Path(at.template(pool, "service")).read_text("utf-8")
    settings = (f"--property={one.replace('%i', release)}" for one in sandbox(text))
    python = f"{at.folder(release)}/venv/bin/python"
    # systemd would put variables of its own in place of those in the words.
    given = (word.replace("$", "$$") for word in request.argv)
    return (
        f"--unit={unit}",
        f"--description={at.site}: a command of {request.app}, release {release}",
        f"--property=BindsTo={at.agent_service}",  # nothing goes on that nobody hears of
        *settings,
        *("--", python, "-m", "dispatcher.jobs.within", request.app, *given),
    )


def sandbox(unit: str) -> list[str]:
    """Return the settings of a service that say who it is and what it may."""
    _, _, service = unit.partition("\n[Service]\n")
    lines = (line for line in service.splitlines() if line and line[0] not in "#[")
    return [line for line in lines if not line.startswith(OTHERWISE)]


def pool_of(live: Release, app: str) -> PoolPart:
    """Return the pool of an app; raises `PlanError` naming the apps there are."""
    for pool in live.pools:
        if app in pool.apps:
            return pool
    there = ", ".join(sorted(name for pool in live.pools for name in pool.apps))
    raise PlanError(f"its release has no app {app!r}; it has {there}")


def end(unit: str) -> None:
    """Stop it, if it still runs."""
    subprocess.run(("systemctl", "stop", unit), capture_output=True, check=False)

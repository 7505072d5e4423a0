"""Start a release beside the live one, and ask whether it is well."""

from __future__ import annotations

from deploy.layout import Layout
from deploy.look import State
from deploy.release import PoolPart, Release
from deploy.steps import Run, Script, Step, Steps, shell

GATE_SECONDS = 30


def start(at: Layout, release: Release) -> Steps:
    """Start every pool of the release beside the live one, and ask until it is well."""
    sockets = all_units(at, release, "socket")
    services = all_units(at, release, "service")
    stop = Run("systemctl", "stop", *services, *sockets)
    return (
        Step("open its sockets", Run("systemctl", "start", *sockets), undo=stop),
        Step("start its pools", started(services)),
        Step("ask every worker and every app", ask(at, release, through_nginx=False)),
    )


def clear(release: str, found: State) -> Steps:
    """Stop what a deployment of the same release left running when it was interrupted."""
    left = found.units_of(release)
    return (Step("stop what was left of it", Run("systemctl", "stop", *left)),) if left else ()


def keep_warm(at: Layout, release: Release) -> Step:
    """Cancel a stop that was to come."""
    timer = f"{at.retirement(release.id)}.timer"
    return Step(
        "keep it from being stopped", shell('systemctl stop "$1" 2>/dev/null || true', timer)
    )


def ask(at: Layout, release: Release, *, through_nginx: bool) -> Script:
    pools = [asked(at, release, pool, through_nginx) for pool in release.pools]
    return Script.of("ask", {"release": release.id, "seconds": GATE_SECONDS, "pools": pools})


def asked(at: Layout, release: Release, pool: PoolPart, through_nginx: bool) -> dict[str, object]:
    return {
        "name": pool.name,
        "workers": pool.workers,
        "socket": "" if through_nginx else at.socket(release.id, pool.name),
        "addresses": pool.addresses,
    }


def started(services: tuple[str, ...]) -> Run:
    """Start units; where that fails, show what they said rather than systemd's summary."""
    said = 'journalctl --unit "$unit" --lines 20 --output cat --no-pager'
    script = f'systemctl start "$@" && exit; code=$?; for unit; do {said}; done; exit $code'
    return shell(script, *services)


def all_units(at: Layout, release: Release, kind: str) -> tuple[str, ...]:
    return tuple(at.unit(release.id, pool.name, kind) for pool in release.pools)

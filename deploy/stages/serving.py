"""Start a release beside the live one, and ask whether it is well."""

from __future__ import annotations

from deploy.acting.steps import Run, Script, Step, Steps, shell
from deploy.layout import Layout
from deploy.release import PoolPart, Release
from deploy.server.look import State
from deploy.stages.retiring import retirement

GATE_SECONDS = 30

DROP_SECONDS = 3
"""How long processes that nobody was sent to may take to stop; most take one."""

FORGET = 'code=$?; systemctl reset-failed "$@" 2>/dev/null; exit $code'
"""That they failed, if they did; the status stays that of the command before."""


def start(at: Layout, release: Release, found: State) -> Steps:
    """Start every pool of the release beside the live one, and ask until it is well.

    One that runs already, for it was live lately, is kept from its stop that was to come,
    and goes on running where the rest fails. An edge has none.
    """
    if not release.pools:
        return ()
    sockets = at.units(release, "socket")
    services = at.units(release, "service")
    undo = None if release.id in found.running() else drop((*services, *sockets))
    return (
        *keep_warm(at, release, found),
        Step("start its pools", started((*sockets, *services)), undo=undo),
        Step("ask every worker and every app", ask(at, release, through_nginx=False)),
    )


def still(at: Layout, release: Release, found: State) -> Step:
    """See that its pools still run, for the others of the fleet may have taken their time.

    Visitors come next: so where it is taken back from here on, their requests may end.
    """
    services, sockets = at.units(release, "service"), at.units(release, "socket")
    states = 'states=$(systemctl is-active "$@"); [ "$(echo "$states" | sort -u)" = active ]'
    alive = f'{states} || {{ echo "its pools are:" $states; exit 1; }}'
    undo = None if release.id in found.running() else stop((*services, *sockets))
    return Step("see that its pools still run", shell(alive, *services), undo=undo)


def clear(release: str, found: State) -> Steps:
    """Stop what a deployment of the same release left running when it was interrupted."""
    left = found.units_of(release)
    return (Step("stop what was left of it", stop(left)),) if left else ()


def keep_warm(at: Layout, release: Release, found: State) -> Steps:
    """Cancel a stop that was to come, if one is."""
    name = at.retirement(release.id)
    if f"{name}.timer" not in found.active():
        return ()
    # The service too: it may just have begun.
    cancel = 'systemctl stop "$1.timer" && { systemctl stop "$1.service" 2>/dev/null || true; }'
    return (Step("keep it from being stopped", shell(cancel, name), undo=retirement(at, release)),)


def ask(at: Layout, release: Release, *, through_nginx: bool) -> Script:
    parts = release.pools or release.fronts
    pools = [asked(at, release, pool, through_nginx) for pool in parts]
    given = {"release": release.id, "seconds": GATE_SECONDS, "pools": pools}
    if through_nginx and release.tls:
        given["https"] = True
    if release.fronts:  # the servers behind go live at the same time, not earlier
        given["patient"] = True
    return Script.of("ask", given)


def asked(at: Layout, release: Release, pool: PoolPart, through_nginx: bool) -> dict[str, object]:
    return {
        "name": pool.name,
        "workers": pool.workers,
        "socket": "" if through_nginx else at.socket(release.id, pool.name),
        "addresses": pool.addresses,
    }


def watch(
    at: Layout,
    release: Release,
    before: Release | None,
    found: State,
    seconds: float,
    beside: tuple[str, ...] = (),
) -> Steps:
    """Watch the release for a while, beside the one before while that is still up.

    ``beside`` are units that are only to go on running.
    """
    if not seconds or not release.pools:
        return ()
    warm = {pool.name for pool in before.pools} if before and before.id in found.running() else ()
    pools = [
        {
            "name": pool.name,
            "unit": at.unit(release.id, pool.name, "service"),
            "socket": at.socket(release.id, pool.name),
            "before": at.socket(before.id, pool.name) if before and pool.name in warm else "",
        }
        for pool in release.pools
    ]
    given = {"release": release.id, "seconds": seconds, "pools": pools}
    if beside:
        given["beside"] = beside
    return (Step(f"watch it for {seconds:g} s", Script.of("watch", given)),)


def started(services: tuple[str, ...]) -> Run:
    """Start units; where that fails, show what they said rather than systemd's summary.

    systemd refuses a unit that failed too often lately, and forgets that when told to.
    """
    forget = 'systemctl reset-failed "$@" 2>/dev/null'
    said = 'journalctl --unit "$unit" --lines 20 --output cat --no-pager'
    start = f'systemctl start "$@" && exit; code=$?; for unit; do {said}; done; exit $code'
    return shell(f"{forget}; {start}", *services)


def stop(units: tuple[str, ...]) -> Run:
    """Stop units and forget that they failed, if they did."""
    return shell(f'systemctl stop "$@"; {FORGET}', *units)


def drop(units: tuple[str, ...]) -> Run:
    """Stop what no visitor has been sent to: what does not end at once is killed.

    A page that hangs would be let finish otherwise, for as long as a pool may take to stop.
    """
    patience = f'timeout {DROP_SECONDS} systemctl stop "$@"'
    script = f'{patience} || systemctl kill --signal=KILL "$@" 2>/dev/null; systemctl stop "$@"'
    return shell(f"{script}; {FORGET}", *units)

"""Stop the releases from before in their time, and remove the oldest."""

from __future__ import annotations

from deploy.acting.steps import Plan, Run, Step, Steps, shell
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import Release
from deploy.server import environments
from deploy.server.look import State

WARM_SECONDS = 300
"""How long a release that was live stays up: its last requests end, and a rollback is instant."""

KEEP = 5
"""How many releases stay installed, the live one included."""


def retire(at: Layout, live: Release | None, release: Release, found: State) -> Steps:
    """Let the release that was live stop in a while, and stop those before it now."""
    warm = {release.id, live.id if live else ""}
    now = tuple(
        Step(f"stop {old}", Run("systemctl", "stop", "--no-block", *found.units_of(old)))
        for old in sorted(found.running() - warm)
    )
    if live is None or live.id == release.id or not live.pools:
        return now
    note = f"stop {live.id} in {WARM_SECONDS // 60} minutes"
    return (*now, Step(note, retirement(at, live)))


def retirement(at: Layout, release: Release) -> Run:
    """Have systemd stop a release in a while; a timer from before would keep its name taken."""
    name = at.retirement(release.id)
    script = (
        'timer=$1 seconds=$2 about=$3; shift 3; systemctl stop "$timer.timer" 2>/dev/null; '
        'systemd-run --quiet --collect --unit="$timer" --on-active="$seconds" '
        '--description="$about" systemctl stop "$@"'
    )
    about = f"{at.site}: stop {release.id}"
    units = (*at.units(release, "service"), *at.units(release, "socket"))
    return shell(script, name, str(WARM_SECONDS), about, *units)


def thin(at: Layout, live: Release | None, found: State, keep: int) -> Plan:
    """Remove all but the newest ``keep`` releases; raises `PlanError` where none is live."""
    if live is None:
        raise PlanError("has no live release, and what to keep is not known; run: fab deploy")
    return Plan(f"prune to {keep} releases", tidy=prune(at, live, found, keep))


def prune(at: Layout, release: Release, found: State, keep: int = KEEP) -> Steps:
    """Remove releases that are not complete, the oldest of the others, and what only they used.

    What is live, what was, and what still runs stays.
    """
    stay = {release.id, *filter(None, (found.live,))}
    broken = found.releases.keys() - found.installed.keys() - stay
    busy = stay | found.running() | found.ending()
    idle = [old for old in found.installed.values() if old.id not in busy]
    idle.sort(key=lambda old: old.installed, reverse=True)
    gone = {*broken, *(old.id for old in idle[max(0, keep - len(stay)) :])}
    kept = (release, *(old for name, old in found.installed.items() if name not in gone))
    return (
        *drop_links(at, release, found),
        *(Step(f"remove {name}", removal(at, name)) for name in sorted(gone)),
        *environments.drop(at, kept, found),
        *(clear_store(at) if gone else ()),
    )


def removal(at: Layout, release: str) -> Run:
    """Remove a release, and what secrets it was given."""
    handed = at.handed(release)
    return Run("rm", "-rf", at.folder(release), handed, f"{handed}.before")


def drop_links(at: Layout, release: Release, found: State) -> Steps:
    """Remove the links of nginx configurations that are no more."""
    stale = [at.live(name) for name in found.live_links if name != release.routes]
    return (Step("remove links of routes from before", Run("rm", "-f", *stale)),) if stale else ()


def clear_store(at: Layout) -> Steps:
    find = 'find "$1" -type f -links 1 -delete && find "$1" -mindepth 1 -type d -empty -delete'
    return (Step("remove files that no release has", shell(find, at.store)),)

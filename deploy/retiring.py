"""Stop the releases from before in their time, and remove the oldest."""

from __future__ import annotations

from deploy.layout import Layout
from deploy.look import State
from deploy.release import Release
from deploy.serving import all_units
from deploy.steps import Run, Step, Steps, shell

WARM_SECONDS = 300
"""How long a release that was live stays up: its last requests end, and a rollback is instant."""

KEEP = 5
"""How many releases stay installed, the live one included."""


def retire(at: Layout, live: Release | None, release: Release, found: State) -> Steps:
    """Let the release that was live stop in a while, and stop those before it now."""
    warm = {release.id, live.id if live else ""}
    steps = [
        Step(f"stop {old}", Run("systemctl", "stop", "--no-block", *found.units_of(old)))
        for old in sorted(found.running() - warm)
    ]
    if live is not None and live.id != release.id:
        later = ("systemd-run", "--quiet", "--collect", f"--on-active={WARM_SECONDS}")
        unit = f"--unit={at.retirement(live.id)}"
        stop = (
            "systemctl",
            "stop",
            *all_units(at, live, "service"),
            *all_units(at, live, "socket"),
        )
        note = f"stop {live.id} in {WARM_SECONDS // 60} minutes"
        steps.append(Step(note, Run(*later, unit, *stop)))
    return tuple(steps)


def prune(at: Layout, keep: set[str], found: State) -> Steps:
    """Remove the oldest releases, and files of the store that no release has any more."""
    idle = [name for name in found.releases if name not in keep]
    age = {name: release.installed for name, release in found.installed.items()}
    idle.sort(key=lambda name: age.get(name, ""), reverse=True)
    gone = idle[max(0, KEEP - len(keep)) :]
    remove = tuple(
        Step(f"remove {name}", Run("rm", "-rf", at.folder(name))) for name in sorted(gone)
    )
    if not remove:
        return ()
    find = 'find "$1" -type f -links 1 -delete && find "$1" -mindepth 1 -type d -empty -delete'
    return (*remove, Step("remove files that no release has", shell(find, at.store)))

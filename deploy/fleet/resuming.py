"""Take up what was begun on servers and has no end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.acting.runner import Teller
from deploy.errors import PlanError, ReachError
from deploy.fleet.conduct import Conductor
from deploy.fleet.session import Fleet
from deploy.fleet.watching import Abandoned, Watcher
from deploy.remote.link import Link

Lasts = Mapping[str, Mapping[str, Any]]
"""What each server tells of its last transaction, where that is part of one run."""


def resume(fleet: Fleet[Link], teller: Teller, *, decided: bool = False) -> bool:
    """Bring what goes on to its end, or watch whoever does; whether there was such.

    With ``decided``, only if it had settled somewhere: then it must everywhere. Raises
    `FleetError`, or `PlanError` where that would be done on some servers only.
    """
    done = set[str]()
    while runs := going_on(fleet, done, decided=decided):
        run, lasts = runs.popitem()
        title = next(iter(lasts.values()))["title"]
        if any(last["conducted"] for last in lasts.values()):
            teller.say(f"Watching what somebody else does: {title}")
            try:
                Watcher(teller, fleet.again, run).watch(part(fleet, lasts))
            except Abandoned:
                teller.say("Whoever did it is gone.")
                continue
        else:
            teller.say(f"Taking up what was begun: {title}")
            take_up(fleet, teller, run, lasts)
        done.add(run)
    return bool(done)


def going_on(fleet: Fleet[Link], done: set[str], *, decided: bool) -> dict[str, Lasts]:
    """Return what goes on, by its run, with all servers that tell of it."""
    said = fleet.each(lambda link: link.last())
    lasts = {name: last for name, last in said.items() if last and last["run"] not in done}
    runs = {last["run"]: of_run(last["run"], lasts) for last in lasts.values() if not last["ended"]}
    return {run: part for run, part in runs.items() if not decided or settled(part)}


def of_run(run: str, lasts: Lasts) -> Lasts:
    return {name: last for name, last in lasts.items() if last["run"] == run}


def settled(lasts: Lasts) -> bool:
    return any(last["settled"] for last in lasts.values())


def take_up(fleet: Fleet[Link], teller: Teller, run: str, lasts: Lasts) -> None:
    """Go on, or take back where some server had not begun it."""
    conductor = Conductor(teller, fleet.again, run)
    if not settled(lasts):
        servers = {name for last in lasts.values() for name in last["servers"]}
        missing, there = servers - lasts.keys(), {link.name for link in fleet.servers}
        if elsewhere := sorted(missing - there):
            raise PlanError(
                f"it goes on together with {', '.join(elsewhere)}, and {all_or_none(fleet)}"
            )
        for name in sorted(missing):
            conductor.refuse(ReachError(name, "had not begun it"))
    for link in part(fleet, lasts):
        conductor.attach(link)
    conductor.conduct()


def all_or_none(fleet: Fleet[Link]) -> str:
    names = ", ".join(link.name for link in fleet.servers)
    return f"can be taken up on all of its servers only, not on {names} alone"


def part(fleet: Fleet[Link], lasts: Lasts) -> list[Link]:
    return [link for link in fleet.servers if link.name in lasts]

"""Have every agent carry an intention out, or only show what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.bundle import File
from deploy.errors import UNTOUCHED, DeployError
from deploy.fleet.conduct import Conductor
from deploy.fleet.console import Live
from deploy.fleet.resuming import resume
from deploy.fleet.session import Fleet
from deploy.fleet.spent import Spent
from deploy.protocol.data_words import Restore
from deploy.protocol.words import Deploy, Intention, Rollback, files_of
from deploy.remote.link import Link
from deploy.server.shipping import amount
from dispatcher.registry.tls import told_apart

Shown = dict[str, dict[str, Any]]


def show(fleet: Fleet[Link], intention: Intention, live: Live) -> Shown:
    """Say what each server would do; return it. Raises `FleetError` where one would not."""
    shown = asked(fleet, intention)
    for name, plan in shown.items():
        if plan["steps"]:
            live.say(f"{name}: {text(plan, files_of(intention))}")
        else:
            live.say(f"{name}: {plan['title']}: nothing to do")
    return shown


def do(
    fleet: Fleet[Link],
    intention: Intention,
    live: Live,
    paths: Mapping[str, Path] | None = None,
    first: frozenset[str] = frozenset(),
    most: int | None = None,
) -> dict[str, Spent]:
    """Carry the intention out on all servers, or on none; return what it took where.

    ``paths`` are where its files are here, and ``first`` the servers that go live before the
    others. With ``most``, only on so many of those with something to do. Raises `FleetError`.
    """
    resume(fleet, live, decided=True)
    fleet = narrowed(fleet, intention, most, first)
    shown = asked(fleet, intention)
    for name, plan in shown.items():
        if not plan["steps"]:
            live.say(f"{name}: {plan['title']}: nothing to do")
    links = [link for link in fleet.servers if shown[link.name]["steps"]]
    if not links:
        return {}
    intention = together(intention, links)
    busy = replace(fleet, servers=tuple(links), state=UNTOUCHED)
    files = files_of(intention)
    private = isinstance(intention, Restore)
    busy.each(
        lambda link: bring(link, files, shown[link.name]["lacking"], paths or {}, live, private)
    )
    conductor = Conductor(live, fleet.again, intention.stamp.run, first)
    one, *others = links
    first_of_all = first_of(fleet, [link.name for link in links])
    try:
        # One first, alone: of two who begin at once, one is refused before anything is done.
        conductor.begin(one, placed(fleet, intention, one.name, first_of_all))
        replace(fleet, servers=tuple(others), state="").each(
            lambda link: conductor.begin(link, placed(fleet, intention, link.name, first_of_all))
        )
    except (DeployError, KeyboardInterrupt) as error:
        conductor.refuse(error)
    conductor.conduct()
    return {
        name: replace(spent, before=shown[name]["live"]) for name, spent in conductor.spent.items()
    }


def together(intention: Intention, links: list[Link]) -> Intention:
    """Say in it which servers do it, for whoever takes it up."""
    names = tuple(link.name for link in links)
    stamp = intention.stamp.model_copy(update={"servers": names})
    return intention.model_copy(update={"stamp": stamp})


def narrowed(
    fleet: Fleet[Link], intention: Intention, most: int | None, first: frozenset[str] = frozenset()
) -> Fleet[Link]:
    """Return at most so many servers, of those with something to do, canaries before others.

    All servers where ``most`` is None, or where none has anything to do.
    """
    if most is None:
        return fleet
    shown = asked(fleet, intention)
    busy = [link for link in fleet.servers if shown[link.name]["steps"]]
    edges = {server.name for server in fleet.site.edges}  # which lead to all that the others have
    busy.sort(key=lambda link: (link.name in edges, link.name not in first))
    return replace(fleet, servers=tuple(busy[:most]) or fleet.servers)


def asked(fleet: Fleet[Link], intention: Intention) -> Shown:
    """Ask every server what it would do."""

    def ask(names: list[str]) -> Shown:
        leader = first_of(fleet, names)
        return fleet.each(lambda link: link.show(placed(fleet, intention, link.name, leader)))

    names = [link.name for link in fleet.servers]
    shown = ask(names)
    busy = [name for name in names if shown[name]["steps"]]
    return shown if not busy or first_of(fleet, busy) == first_of(fleet, names) else ask(busy)


def first_of(fleet: Fleet[Link], names: list[str]) -> str:
    """Return which of these servers site.toml names first; of those that run apps, if any."""
    in_order = (*fleet.site.webs, *fleet.site.edges)
    return next(server.name for server in in_order if server.name in names)


def placed(fleet: Fleet[Link], intention: Intention, name: str, leader: str) -> Intention:
    """Tell a server what it does for all: the ``leader`` migrates databases that all share.

    Schedules run on the first server of site.toml. Where not all take part, they stay where
    they are: whether that one has stopped its own would not be known.
    """
    if not isinstance(intention, Deploy | Rollback):
        return intention
    there, all_ = {link.name for link in fleet.servers}, [one.name for one in fleet.site.webs]
    schedules = name == all_[0] if there >= set(all_) else None
    told: dict[str, object] = {"migrates": name == leader, "schedules": schedules}
    if isinstance(intention, Deploy) and told_apart(fleet.site):
        told["server"] = name
    return intention.model_copy(update=told)


def bring(
    link: Link,
    files: tuple[File, ...],
    lacking: list[str],
    paths: Mapping[str, Path],
    live: Live,
    private: bool,
) -> None:
    """Bring the files that a server lacks."""
    missing = {file.sha256: file for file in files if file.sha256 in lacking}
    if not missing:
        return
    total = sum(file.size for file in missing.values())
    with live.upload(link.name, f"upload {amount(len(missing), total)}", total) as sent:
        for sha256, file in missing.items():
            link.take(file, paths[sha256], sent, private=private)


def text(plan: Mapping[str, Any], files: tuple[File, ...]) -> str:
    """Return a plan as people read it, the upload before its first step."""
    missing = {file.sha256: file for file in files if file.sha256 in plan["lacking"]}
    lines = [plan["title"]]
    if missing:
        names = ", ".join(Path(file.name).name for file in missing.values())
        total = sum(file.size for file in missing.values())
        lines += [f"     upload {amount(len(missing), total)}: {names}"]
    for number, (note, command) in enumerate(plan["steps"], 1):
        lines += [f"{number:3}. {note}", f"     $ {command}"]
    return "\n".join(lines)

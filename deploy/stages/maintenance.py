"""Close apps to visitors for a while, and open them again.

nginx says so by itself, with files beside the releases: they outlive a deployment and a boot.
The server itself is always let through, so that a deployment can ask its release through nginx.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deploy.acting.steps import Plan, Put, Run, Step, Steps
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import Release
from deploy.server import render
from deploy.server.files import write
from deploy.server.look import State
from deploy.stages.publishing import nginx_file, reload_nginx

if TYPE_CHECKING:
    from deploy.protocol.words import Maintenance

Closures = list[dict[str, Any]]
"""What is closed: ``app`` (all where empty), ``allow``, ``minutes``, ``since``, ``by``."""

PARTS = {
    "page.html": ".html",
    "page.json": ".json",
    "http.conf": "-http.conf",
    "server.conf": "-server.conf",
}
"""The files and their templates, the one last that makes nginx use the others."""


def record(at: Layout) -> str:
    """Return the file that says what is closed."""
    return f"{at.maintenance}/closed.json"


def asked(at: Layout) -> tuple[str, ...]:
    """Return the files to look at before `maintain`."""
    return (record(at), nginx_file(at), *(f"{at.maintenance}/{name}" for name in PARTS))


def closures(at: Layout, found: State) -> Closures:
    """Return what is closed."""
    return list(json.loads(found.files.get(record(at)) or "[]"))


def maintain(at: Layout, found: State, live: Release | None, wanted: Maintenance) -> Plan:
    """Close or open; empty where it is so already. Raises `PlanError` for an app not there."""
    title = f"maintenance {'on' if wanted.on else 'off'} for {wanted.app or 'all apps'}"
    now = closures(at, found)
    rest = [one for one in now if one["app"] != wanted.app]
    if not wanted.on and rest == now:
        others = ", ".join(one["app"] or "all apps" for one in now)
        return Plan(f"{title}: not closed{f'; closed: {others}' if others else ''}")
    if wanted.on:
        refuse_unknown(at, found, live, wanted.app)
        new = {
            "app": wanted.app,
            "allow": list(wanted.allow),
            "minutes": wanted.minutes,
            "since": wanted.stamp.time,
            "by": wanted.stamp.by,
        }
        if any(same(one, new) for one in now):
            return Plan(f"{title}: closed already")
        rest = sorted([*rest, new], key=lambda one: str(one["app"]))
    check = Step("check nginx", Run("nginx", "-t", "-q"), undo=reload_nginx())
    steps = (*closed(at, found, rest), Step("let nginx read it", reload_nginx()))
    return Plan(title, publish=(check, *steps))


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[key] == other[key] for key in ("app", "allow", "minutes"))


def refuse_unknown(at: Layout, found: State, live: Release | None, app: str) -> None:
    """Raise `PlanError` where the live release has no such app, or no place for maintenance."""
    if live is None:
        raise PlanError("has no live release to close; run: fab deploy")
    there = [name for pool in live.pools or live.fronts for name in pool.apps]
    if app and app not in there:
        raise PlanError(f"its release has no app {app!r}; it has {', '.join(there)}")
    if f"{at.maintenance}/" not in (found.files.get(nginx_file(at)) or ""):
        raise PlanError("its live release is older than maintenance is; run: fab deploy")


def files(at: Layout, wanted: Closures) -> dict[str, str]:
    """Return what nginx reads of what is closed, by path."""
    return {
        f"{at.maintenance}/{name}": render.maintenance(template, at, wanted)
        for name, template in PARTS.items()
    }


def closed(at: Layout, found: State, wanted: Closures) -> Steps:
    """Write the files for what is to be closed; remove them, in reverse, where nothing is."""
    texts = files(at, wanted)
    kept = record(at)
    if wanted:
        return write({**texts, kept: f"{json.dumps(wanted)}\n"}, found)
    return tuple(
        Step(f"remove {path}", Run("rm", "-f", path), undo=Put(path, text))
        for path in reversed((*texts, kept))
        if (text := found.files.get(path)) is not None
    )

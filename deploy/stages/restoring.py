"""Put other data in the place of a pool's, with what was there kept beside it.

It is unpacked as the pool's user, in a folder beside the pool's own, while all goes on. Then what
else runs as the pool stops, and the two folders change places between the end and the start of
the pool's service (see `deploy.onhost.swap`): requests wait at its socket, and none is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from deploy.acting.steps import Plan, Run, Script, Step, Steps, hidden, shell
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.protocol.data_words import Packed, Restore
from deploy.release import PoolPart, Release
from deploy.server.look import State
from deploy.server.sandbox import LIMITS
from deploy.stages.jobs import of_kind
from deploy.stages.restarting import UNITS, ask, pool_of
from deploy.stages.serving import started, stop

BUT = ("before-migrations",)
"""What of the data is not packed: copies of it."""

OTHERWISE = ("ReadWritePaths=", "RuntimeMaxSec=", "UMask=")

JOB = re.compile(r"\.(worker|schedule)\.[^@]*@")


def restore(at: Layout, found: State, live: Release | None, wanted: Restore) -> Plan:
    """Put data in the places of pools; raises `PlanError` where one of them cannot have it."""
    if live is None:
        raise PlanError("has no live release, and nothing to try the data with; run: fab deploy")
    parts = [(pool_of(live, one.pool), one) for one in wanted.pools]
    for pool, one in parts:
        if at.unit(live.id, pool.name, "socket") not in found.active():
            raise PlanError(f"pool {pool.name} does not run; see: fab logs")
        if one.file is None and not found.folders.get(at.restored(pool.name, "data")):
            raise PlanError(f"has no data of pool {pool.name} from before a restore")
    names = ", ".join(one.pool for one in wanted.pools)
    what = "data" if wanted.files else "the data of before"
    reload = Run("systemctl", "daemon-reload")
    return Plan(
        f"restore {what} of {names}",
        prepare=(
            *(step for one in wanted.pools for step in unpacked(at, one)),
            Step("see that systemd can read units", reload, undo=reload),
            *(drop_in(at, live, pool.name, one) for pool, one in parts),
            Step("let systemd read them", reload),
        ),
        publish=tuple(step for pool, one in parts for step in put(at, found, live, pool, one)),
        tidy=(
            *(forgotten(at, live, pool.name) for pool, _ in parts),
            Step("let systemd know", reload),
            *(kept(at, one) for one in wanted.pools),
        ),
    )


def unpacked(at: Layout, one: Packed) -> Steps:
    """Unpack what came, as the pool's user; nothing is to be, of what is there already."""
    pool = one.pool
    data, new, old, note = (at.restored(pool, kind) for kind in ("data", "new", "old", "note"))
    # Old data that are left here are some that could not be put back: they are for a person.
    script = 'rm -rf "$1" "$2" && if test -e "$3"; then rm -rf "$4" && mv -T "$3" "$4"; fi'
    drop = Run("rm", "-rf", note, new)
    forget = Step(f"forget what was begun of {pool}", shell(script, note, new, old, data), drop)
    if one.file is None:
        return (forget,)
    folder = shell(
        'install -d -m 711 "$1" "$2" && install -d -o "$4" -g "$(id -g "$4")" -m 700 "$3"',
        *(at.restored_all, at.restored(pool), new, at.user(pool)),
    )
    words = confined(at, pool, new, "unpack", {"folder": new})
    unpack = shell('archive=$1; shift; exec "$@" < "$archive"', at.sent(one.file.kept), *words)
    return (
        forget,
        Step(
            f"make a place for the data of {pool}",
            folder,
            undo=Run("rm", "-rf", at.sent(one.file.sha256)),
        ),
        Step(f"unpack and check the data of {pool}", unpack),
    )


def confined(
    at: Layout, pool: str, writable: str, program: str, given: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the words that run one of our programs as a pool's user, who can write one folder."""
    limits = (
        *(limit for limit in LIMITS if not limit.startswith(OTHERWISE)),
        *(f"User={at.user(pool)}", f"ReadWritePaths={writable}", "UMask=0077"),
    )
    python = (f"{at.agent}/venv/bin/python", "-I", "-m", f"deploy.onhost.{program}")
    run = ("systemd-run", "--quiet", "--wait", "--pipe", "--collect")
    return (*run, *(f"--property={limit}" for limit in limits), *python, json.dumps(given))


def place(at: Layout, pool: str, one: Packed) -> dict[str, str]:
    """Return the folders that change places, and where it is noted which way."""
    other = at.restored(pool, "new" if one.file else "data")
    beside = {kind: at.restored(pool, kind) for kind in ("old", "note")}
    return {"place": at.state(pool), "other": other, **beside}


def told(at: Layout, live: Release, pool: str) -> str:
    return f"{UNITS}/{at.unit(live.id, pool, 'service')}.d"


def drop_in(at: Layout, live: Release, pool: str, one: Packed) -> Step:
    """Let the folders change places, and databases be migrated, before the pool starts."""
    # The service's own view of the disk has its folder as a mount, which cannot be renamed.
    outside = ("/usr/bin/nsenter", "--mount=/proc/1/ns/mnt")
    swap = (*outside, f"{at.agent}/venv/bin/python", "-I", "-m", "deploy.onhost.swap")
    migrations = (
        at.job_unit(live.id, pool, part.name)
        for part in of_kind(live, "migrate")
        if part.pool == pool and not part.once
    )
    words = " ".join((*swap, *place(at, pool, one).values(), *migrations))
    folder = told(at, live, pool)
    path = f"{folder}/restore.conf"
    content = f"[Service]\nTimeoutStartSec=infinity\nExecStartPre=+{words}\n"
    write = shell('mkdir -p "$1" && printf %s "$2" > "$1/restore.conf"', folder, content)
    return Step(f"write {path}", write, undo=Run("rm", "-rf", folder))


def put(at: Layout, found: State, live: Release, pool: PoolPart, one: Packed) -> Steps:
    """Let a pool have the other data; see that it is well with it."""
    service, socket = (at.unit(live.id, pool.name, kind) for kind in ("service", "socket"))
    user = at.user(pool.name)
    own = {name for name in found.active() if name.startswith((f"{user}@", f"{user}."))}
    jobs = tuple(sorted(name for name in own if JOB.search(name)))
    rest = tuple(sorted(own - {*jobs, service, socket}))
    swap = {**place(at, pool.name, one), "service": service, "socket": socket}
    return (
        *((stopped("stop its releases of before", rest),) if rest else ()),
        *((stopped("stop its workers and schedule", jobs),) if jobs else ()),
        Step(
            f"restart {pool.name} with the other data",
            Script.of("swap", {**swap, "to": "new"}),
            undo=Script.of("swap", {**swap, "to": "old"}),
            aside=(hidden(swap["note"]),),
        ),
        Step("ask every worker and every app", ask(at, live, pool, service)),
        *(
            (Step("start its workers and schedule", started(jobs), undo=stop(jobs)),)
            if jobs
            else ()
        ),
    )


def stopped(note: str, units: tuple[str, ...]) -> Step:
    return Step(note, stop(units), undo=Run("systemctl", "start", *units))


def forgotten(at: Layout, live: Release, pool: str) -> Step:
    return Step(f"forget how {pool} was to start", Run("rm", "-rf", told(at, live, pool)))


def kept(at: Layout, one: Packed) -> Step:
    """Keep the data of before where the next restore, or its undoing, finds it."""
    data, old, note = (at.restored(one.pool, kind) for kind in ("data", "old", "note"))
    sent = (at.sent(one.file.sha256),) if one.file else ()
    # Begun anew where it was cut off, it must not take for older what it has put there.
    script = 'if test -e "$2"; then rm -rf "$1" && mv -T "$2" "$1"; fi && shift 2 && rm -rf "$@"'
    step = shell(script, data, old, note, *sent)
    return Step(f"keep the data of {one.pool} from before", step)

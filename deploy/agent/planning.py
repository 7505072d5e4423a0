"""From an intention to the plan for this server, as it is now."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import assert_never

from deploy.acting.machine import Machine
from deploy.acting.steps import Plan
from deploy.bundle import File
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.protocol.data_words import Restore
from deploy.protocol.secret_words import RemoveSecret, SetSecret
from deploy.protocol.words import (
    Deploy,
    Intention,
    Maintenance,
    Prune,
    Registered,
    Renew,
    Restart,
    Rollback,
    Rotate,
    files_of,
)
from deploy.server.look import State, look
from deploy.stages import (
    certifying,
    ground,
    maintenance,
    plans,
    restarting,
    restoring,
    retiring,
    vault,
)
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import parsed

KEY = re.compile(r"[0-9T:+-]{25} [0-9a-f]{64}\n?")
"""A line as `dispatcher.keys.derivation` writes it: when it was made, and the key."""


def plan(at: Layout, intention: Intention, machine: Machine) -> Plan:
    """Look, and return what to do; raises `PlanError` or `RegistryError` where there is no way."""
    match intention:
        case Deploy():
            site, bundle = registered(at, intention), intention.bundle
            if bundle.site.sha256 != hashlib.sha256(intention.registry.encode()).hexdigest():
                raise PlanError("the registry is not the site.toml of the release")
            state = found(at, site, machine)
            return plans.deploy(
                at,
                site,
                bundle,
                state,
                intention.stamp,
                intention.watch,
                migrates=intention.migrates,
                schedules=intention.schedules,
                out=intention.out,
            )
        case Rollback():
            state = look(at, machine, links=(at.nginx,))
            goal = plans.goal(state, intention.to)
            return plans.rollback(at, state, goal, intention.watch, schedules=intention.schedules)
        case Rotate():
            key = intention.key.get_secret_value()
            if not KEY.fullmatch(key):
                raise PlanError("what came is no key; a pool could not read it")
            return plans.rotate(at, key, look(at, machine, keys=(at.keys,)))
        case Restart():
            state = look(at, machine, files=(at.template(intention.pool, "service"),))
            return restarting.restart(at, state, plans.live(state), intention.pool)
        case Maintenance():
            state = look(at, machine, files=maintenance.asked(at))
            return maintenance.maintain(at, state, plans.live(state), intention)
        case Restore():
            there = tuple(at.restored(one.pool, "data") for one in intention.pools)
            state = look(at, machine, folders=there)
            return restoring.restore(at, state, plans.live(state), intention)
        case Prune():
            state = look(at, machine)
            return retiring.thin(at, plans.live(state), state, intention.keep)
        case Renew(host=host):
            return certifying.renew(at, plans.live(look(at, machine)), host)
        case SetSecret(app=app, name=name, stamp=stamp):
            value = intention.value.get_secret_value()
            return vault.put(at, app, name, value, stamp, look(at, machine))
        case RemoveSecret(app=app, name=name, stamp=stamp):
            return vault.remove(at, app, name, stamp, look(at, machine))
        case _:
            assert_never(intention)


def registered(at: Layout, request: Registered) -> Site:
    """Return the site of a request; raises `PlanError` for another than this agent's.

    Its units, users and folders are named after it: one site must not write another's.
    """
    site = parsed(Path("site.toml"), request.registry, request.environment)
    if site.name != at.site:
        raise PlanError(f"this is the agent of the site {at.site}, not of {site.name}")
    try:
        return site.on(request.server)
    except LookupError as error:
        raise PlanError(str(error.args[0])) from None


def files(at: Layout, intention: Intention) -> tuple[File, ...]:
    """Return the files that this server must have for it: an edge runs nothing of a release."""
    if isinstance(intention, Deploy) and registered(at, intention).is_edge:
        return (intention.bundle.site,)
    return files_of(intention)


def found(at: Layout, site: Site, machine: Machine) -> State:
    """Look at the server with the site in mind."""
    return look(at, machine, **ground.asked(at, site))


def live(at: Layout) -> str:
    """Return the release that is live; empty where there is none."""
    current = Path(at.current)
    return current.readlink().name if current.is_symlink() else ""

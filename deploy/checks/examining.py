"""Find out about a server what a person wants to know of it. Reads only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from deploy.acting.machine import Machine
from deploy.acting.runner import perform
from deploy.acting.steps import Script
from deploy.checks import drift
from deploy.layout import Layout
from deploy.protocol.examined import Examined, Fact, Health, System, Web
from deploy.server.look import State, look
from deploy.server.web import DEFAULT, PROXY
from deploy.stages import edge, ground, maintenance
from deploy.stages.publishing import nginx_file
from deploy.stages.serving import asked as asked_of_pool
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import parsed
from dispatcher.registry.tls import asked_from

READY_SECONDS = 3
"""How long a pool has to answer; one whose workers are all busy may take longer."""

T = TypeVar("T", bound=Fact)


def examine(at: Layout, machine: Machine, site: Site, user: str = "") -> Examined:
    """Return all that is known of a server, as root or as its agent; raises `ReachError`.

    ``user`` is who deploys, where it is not known yet that there is such a one.
    """
    state = found(at, machine, site, user)
    text = state.files.get(f"{at.current}/site.toml")
    live = registry(text, site.environment, site.here)
    if live and not set(made_of(at, live)) <= state.files.keys():
        state = found(at, machine, site, user, live)
    paths = (at.home, "/run", "/var/lib", "/var/log", "/tmp")  # noqa: S108 - looked at alone
    ours = (at.nginx, f"{at.home}/", DEFAULT, str(Path(PROXY).parent))
    return Examined(
        state=state,
        system=told(machine, "system", {"paths": paths}, System),
        web=told(machine, "nginx", {"ours": ours}, Web) if "nginx" in state.packages else None,
        health=health(at, machine, state),
        webs=behind(at, machine, site, state),
        peers=beside(machine, site),
        registry=text,
        strange=drift.strange(at, live, state) if live else {},
    )


def found(at: Layout, machine: Machine, site: Site, user: str, live: Site | None = None) -> State:
    """Look at all that the site has there, and with ``live`` at what its release has."""
    asked = ground.asked(at, site, user)
    more = (*maintenance.asked(at), nginx_file(at), f"{at.current}/site.toml")
    files = (*asked["files"], *more, *(made_of(at, live) if live else ()))
    units = tuple(path for path in files if path.startswith("/etc/"))
    folders = (*asked["folders"], *units, at.boot)
    given = {
        **asked,
        "files": tuple(dict.fromkeys(files)),
        "folders": tuple(dict.fromkeys(folders)),
    }
    return look(at, machine, **given)


def made_of(at: Layout, live: Site) -> tuple[str, ...]:
    return tuple(ground.templates(at, live))


def registry(text: str | None, environment: str, server: str) -> Site | None:
    """Return the site of a release as a server has it.

    None where there is none, or an older one than can be read, or one without that server.
    """
    try:
        return parsed(Path("site.toml"), text, environment).on(server) if text else None
    except (RegistryError, LookupError):
        return None


def health(at: Layout, machine: Machine, state: State) -> dict[str, Health]:
    """Ask the pools of the live release how they are."""
    live = state.installed.get(state.live or "")
    if live is None:
        return {}
    pools = [asked_of_pool(at, live, pool, through_nginx=False) for pool in live.pools]
    given = {"release": live.id, "seconds": READY_SECONDS, "pools": pools}
    outcome = perform(Script.of("health", given), machine)
    if outcome.exit_code:
        return {}
    return {name: Health.model_validate(one) for name, one in json.loads(outcome.out).items()}


def behind(at: Layout, machine: Machine, site: Site, state: State) -> dict[str, str]:
    """Ask the servers behind an edge, as it does; return the fault of each, or nothing."""
    live = state.installed.get(state.live or "")
    if live is None or not live.fronts:
        return {}
    given = {**edge.asking(site, live, edge.out_of(state, at, site)), "seconds": 0}
    outcome = perform(Script.of("reach", given), machine)
    return {} if outcome.exit_code else dict(json.loads(outcome.out))


def beside(machine: Machine, site: Site) -> dict[str, str]:
    """Ask the other servers that the names lead to; return the fault of each, or nothing."""
    if not asked_from(site) or not site.peers:
        return {}
    given = {"peers": {peer.name: peer.address for peer in site.peers}}
    outcome = perform(Script.of("peers", given), machine)
    return {} if outcome.exit_code else dict(json.loads(outcome.out))


def told(machine: Machine, program: str, given: dict[str, object], kind: type[T]) -> T | None:
    """Return what a program found out; None where it could not."""
    try:
        return kind.model_validate_json(perform(Script.of(program, given), machine).out)
    except ValidationError:
        return None

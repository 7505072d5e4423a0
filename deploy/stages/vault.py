"""The secrets that people set for apps: kept encrypted, and handed to the pools that need them.

All are in one file, which systemd-creds(1) encrypts with the machine's own key. Each release
gets its own copy of those its site.toml names, one file a pool, which systemd decrypts for
the pool's processes alone. So what runs keeps what it began with, whatever is set meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from deploy.acting.machine import Machine
from deploy.acting.runner import perform
from deploy.acting.steps import Plan, Run, Script, Seal, Step, Steps, hidden, shell
from deploy.errors import PlanError, ReachError
from deploy.layout import Layout
from deploy.release import Stamp
from deploy.server.look import State
from deploy.server.secrets import Secret
from dispatcher.keys.own import fault_of_secret
from dispatcher.registry.given import secrets_named
from dispatcher.registry.site import Site

M = TypeVar("M", bound=Machine)

BACK = 'rm -rf "$1"; ! test -e "$1.before" || mv -T "$1.before" "$1"'


def put(at: Layout, app: str, name: str, value: str, stamp: Stamp, found: State) -> Plan:
    """Keep a secret; raises `PlanError` for what cannot be one."""
    refuse_unreadable(at, found)
    if fault := fault_of_secret(value):
        raise PlanError(f"what came {fault}")
    new = f"{at.vault}.next"
    bring = Step("bring the new secret", Seal(new, Secret(value)), undo=Run("rm", "-f", new))
    given = {"app": app, "name": name, "next": new}
    do = changed(at, "put", given, stamp)
    keep = Step(f"keep {name} of {app}", do, restore(at), aside(at))
    title = f"set the secret {name} of {app}"
    return Plan(title, (forget(at), bring), (keep,), (forget(at, new),))


def remove(at: Layout, app: str, name: str, stamp: Stamp, found: State) -> Plan:
    """Forget a secret; raises `PlanError` naming those there are."""
    refuse_unreadable(at, found)
    there = sorted(found.vault.names.get(app, {})) if found.vault else []
    if name not in there:
        raise PlanError(
            f"has no secret {name} of {app}; those it has: {', '.join(there) or 'none'}"
        )
    given = {"app": app, "name": name}
    do = changed(at, "remove", given, stamp)
    step = Step(f"forget {name} of {app}", do, restore(at), aside(at))
    return Plan(f"remove the secret {name} of {app}", (forget(at),), (step,), (forget(at),))


def changed(at: Layout, do: str, given: dict[str, str], stamp: Stamp) -> Script:
    who = {"by": stamp.by, "time": stamp.time, "run": stamp.run}
    return Script.of("vault", {"do": do, "vault": at.vault, "changed": who, **given})


def aside(at: Layout) -> tuple[str, ...]:
    return (hidden(at.vault), hidden(f"{at.vault}.before"))


def restore(at: Layout) -> Run:
    """Put back what was before, which is nothing where nothing had been kept."""
    return shell('! test -e "$1.before" || mv -T "$1.before" "$1"', at.vault)


def forget(at: Layout, *more: str) -> Step:
    return Step("forget what was before", Run("rm", "-f", f"{at.vault}.before", *more))


def hand(at: Layout, site: Site, release: str, found: State) -> Steps:
    """Give a release the secrets its pools need, unless it has them as they are now."""
    now = found.vault.run if found.vault else ""
    wanted = {pool: names for pool, names in by_pool(site).items() if any(names.values())}
    if found.handed.get(release) == now or not (wanted or release in found.handed):
        return ()
    given = {"do": "hand", "vault": at.vault, "folder": at.handed(release), "pools": wanted}
    undo = shell(BACK, at.handed(release))
    new = (f"{at.handed(release)}.new",)
    return (Step("hand its secrets to its pools", Script.of("vault", given), undo, new),)


def anew(at: Layout, release: str, pool: str, found: State) -> tuple[Steps, Steps]:
    """Return the steps that give a pool of a release what was set since, and the tidying after.

    Nothing where it has all that already, or where what is set cannot be read.
    """
    now = found.vault
    if not now or now.fault or release not in found.handed or found.handed[release] == now.run:
        return (), ()
    given = {"vault": at.vault, "folder": at.handed(release), "pool": pool}
    return (
        (
            Step(
                "hand it the secrets that are set now",
                Script.of("vault", {"do": "anew", **given}),
                undo=as_before(at, release, pool),
                aside=(hidden(f"{at.handed(release)}/{pool}"),),
            ),
        ),
        (Step("forget secrets it had before", Script.of("vault", {"do": "note", **given})),),
    )


def as_before(at: Layout, release: str, pool: str, script: str = "", *words: str) -> Run:
    """Give a pool back the secrets it had, if it has others; then run a script with its words."""
    back = 'folder=$1 pool=$2; shift 2; old="$folder/.$pool.before"; '
    back += '! test -e "$old" || mv -T "$old" "$folder/$pool"'
    return shell(f"{back} && {script}" if script else back, at.handed(release), pool, *words)


def handed(at: Layout, release: str, found: State) -> Steps:
    """Forget what the release was given before, where that was something else."""
    if release not in found.handed:
        return ()
    return (Step("forget secrets it had before", Run("rm", "-rf", f"{at.handed(release)}.before")),)


def by_pool(site: Site) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return for each pool the names of the secrets of each of its apps."""
    return {
        pool.name: {app.name: secrets_named(app) for app in site.of_pool(pool.name)}
        for pool in site.pools
    }


def refuse_missing(at: Layout, site: Site, found: State) -> None:
    """Raise `PlanError` naming the secrets that site.toml names and nobody set."""
    there = found.vault.names if found.vault else {}
    missing = [
        (app.name, name)
        for app in site
        for name in secrets_named(app)
        if name not in there.get(app.name, {})
    ]
    if missing:
        refuse_unreadable(at, found)
        how = "; ".join(f"fab secrets-set {name} --app {app}" for app, name in missing)
        raise PlanError(f"secrets that site.toml names are not set; run: {how}")


def refuse_unreadable(at: Layout, found: State) -> None:
    if found.vault and found.vault.fault:
        raise PlanError(
            f"its secrets cannot be read: {found.vault.fault}; `fab bootstrap` brings those of "
            f"another server; where there is none, remove {at.vault} and set them anew"
        )


def common(at: Layout, found: Mapping[M, State]) -> Secret | None:
    """Return what all servers should keep, or None where all keep the same.

    That is what was changed last. Raises `ReachError` where it cannot be read.
    """
    kept = {machine: state.vault for machine, state in found.items()}
    readable = {machine: one for machine, one in kept.items() if one and not one.fault}
    if not readable or len({one and one.run for one in kept.values()}) == 1:
        return None
    machine = max(readable, key=lambda one: (readable[one].time, readable[one].run))
    outcome = perform(Run("systemd-creds", "decrypt", "--name=secrets", at.vault, "-"), machine)
    if outcome.exit_code:
        raise ReachError(machine.name, f"cannot read its secrets: {outcome.err.strip()}")
    return Secret(outcome.out)


def copied(at: Layout, text: str | None, found: State) -> Steps:
    """Keep what the other servers do, unless it is kept already; None is for nothing to do."""
    now = found.vault.run if found.vault and not found.vault.fault else ""
    if text is None or now == json.loads(text)["changed"].get("run"):
        return ()
    return (Step("bring the secrets of the other servers", Seal(at.vault, Secret(text))),)

"""Which master keys a fleet has: every server the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from deploy.acting.machine import Machine
from deploy.acting.runner import perform
from deploy.acting.steps import Run
from deploy.errors import PlanError, ReachError
from deploy.layout import Layout
from deploy.server.look import State
from deploy.server.secrets import Secret
from dispatcher.keys.derivation import PREVIOUS, Keys, Master

M = TypeVar("M", bound=Machine)


def common(at: Layout, found: Mapping[M, State], *, all_there: bool) -> Secret | None:
    """Return the keys every server should have, or None where all have the same already.

    A server that has none gets those of the others. Where no server has any they are made
    here; raises `PlanError` where there are servers that were not asked. Servers that
    differ, after a rotation that was interrupted, all get all their keys, the newest first.
    """
    held = {machine: state.keys.get(at.keys) for machine, state in found.items()}
    digests = {keys.sha256 for keys in held.values() if keys}
    if len(digests) == 1 and all(held.values()):
        return None
    if digests:
        keys = merged(read(at, machine) for machine, there in held.items() if there)
    elif all_there:
        keys = Keys((Master.new(),))
    else:
        raise PlanError(
            "none of the servers chosen has keys yet; run it without --only, "
            "so that all servers get the same"
        )
    return Secret(keys.text())


def fresh() -> Secret:
    """Return a new key, as a line of a file of keys."""
    return Secret(Keys((Master.new(),)).text())


def read(at: Layout, machine: Machine) -> Keys:
    """Return the keys of a server; raises `ReachError` where they cannot be read."""
    outcome = perform(Run("cat", at.keys), machine)
    if outcome.exit_code:
        raise ReachError(machine.name, f"cannot read its keys: {outcome.err.strip()}")
    try:
        return Keys.of(outcome.out)
    except ValueError as error:
        raise ReachError(machine.name, f"{at.keys}: {error}") from None


def merged(several: Iterable[Keys]) -> Keys:
    masters = {master for keys in several for master in keys.masters}
    newest = sorted(masters, key=lambda master: (master.made, master.key), reverse=True)
    return Keys(tuple(newest[: 1 + PREVIOUS]))

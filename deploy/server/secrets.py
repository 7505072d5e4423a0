"""The master keys on a server, and each pool's own of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from deploy.acting.steps import Put, Run, Script, Step, Steps, hidden, shell
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import parts
from deploy.server.look import State
from dispatcher.registry.site import Site

PREVIOUS = 2
"""How many keys from before a rotation are kept."""

RIGHT = "0 600"
"""Root's, and for nobody else."""


class Secret(str):
    """A text that is written to a file and shown nowhere."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


def secrets(at: Layout, site: Site, keys: str | None, found: State) -> Steps:
    """Write the master keys, None for those that are there, and make those of the pools."""
    there = found.keys.get(at.keys)
    if keys is not None and (there is None or there.sha256 != digest(keys)):
        return (written(at, keys), made(at, site, found))
    if there is not None and there.right != RIGHT:
        close = shell('chown root "$1" && chmod 600 "$1"', at.keys)
        return (Step("keep the keys from others", close), *pools(at, site, found))
    return pools(at, site, found)


def written(at: Layout, keys: str) -> Step:
    return Step(f"write {at.keys}", Put(at.keys, Secret(keys), 0o600))


def rotated(at: Layout, key: str) -> tuple[Steps, Steps, Steps]:
    """Return the steps that put a key before the others: prepare, publish and tidy.

    It waits in a file beside them, so that no command ever shows it.
    """
    new, old = f"{at.keys}.next", f"{at.keys}.before"
    given = {"keys": at.keys, "next": new, "before": old, "previous": PREVIOUS}
    restore = shell('! test -e "$2" || mv -T "$2" "$1"', at.keys, old)
    return (
        (Step("bring the new key", Put(new, Secret(key), 0o600), undo=Run("rm", "-f", new)),),
        (Step("let it be the first", Script.of("rotate", given), restore, (hidden(at.keys),)),),
        (Step("forget what was before", Run("rm", "-f", new, old)),),
    )


def pools(at: Layout, site: Site, found: State) -> Steps:
    """Make the keys of the pools of ``site``, unless they are made of the master keys there are."""
    master = found.keys.get(at.keys)
    files = [found.keys.get(at.pool_keys(part.name)) for part in parts(site)]
    if master is None:
        return ()
    if all(file and (file.made, file.right) == (master.made, RIGHT) for file in files):
        return ()
    return (made(at, site, found),)


def made(at: Layout, site: Site, found: State) -> Step:
    files = {part.name: at.pool_keys(part.name) for part in parts(site)}
    given = {"site": at.site, "keys": at.keys, "pools": files}
    new = [path for path in files.values() if found.keys.get(path) is None]
    undo = Run("rm", "-f", *new) if new else None
    aside = tuple(map(hidden, files.values()))
    return Step("make the pools' keys", Script.of("derive", given), undo, aside)


def refuse_different(digests: Iterable[str]) -> None:
    """Raise `PlanError` where what one server signs would be nothing to another."""
    if len(set(filter(None, digests))) > 1:
        raise PlanError("the servers have different keys; run: fab bootstrap")


def digest(keys: str) -> str:
    return hashlib.sha256(keys.encode()).hexdigest()

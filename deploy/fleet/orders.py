"""What to tell which server next: the whole of the fleet's agreement, and pure.

It is two-phase commit, presuming that nothing was decided: until the first server was told
to settle, any fault takes all back, and a server that hears nothing takes itself back.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploy.protocol.progress import BACK, MIGRATE, PUBLISH, SETTLE, START, Progress


def orders(
    fleet: Mapping[str, Progress],
    gone: frozenset[str] = frozenset(),
    first: frozenset[str] = frozenset(),
    *,
    stop: bool = False,
) -> dict[str, str]:
    """Return an order for each server that waits for one, or must not go on.

    ``gone`` are the servers that cannot be reached, ``first`` those that publish before the
    others do; ``stop`` says that somebody wants all to be taken back.
    """
    there = {name: progress for name, progress in fleet.items() if name not in gone}
    going = {name: progress for name, progress in there.items() if not progress.ended}
    if any(progress.settled for progress in fleet.values()):
        return {name: SETTLE for name, progress in going.items() if progress.waits == SETTLE}
    if stop or gone or any(progress.failed or progress.ended for progress in fleet.values()):
        return {name: BACK for name, progress in going.items() if not progress.failed}
    if not all(progress.waits for progress in fleet.values()):
        return {}
    for word in (MIGRATE, START, PUBLISH):
        if ready := {name for name, progress in fleet.items() if progress.waits == word}:
            return dict.fromkeys((word == PUBLISH and first & ready) or ready, word)
    return dict.fromkeys(fleet, SETTLE)

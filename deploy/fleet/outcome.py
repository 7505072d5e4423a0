"""How the servers are once all is over, in words for the person who deploys."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.errors import LEFT, TAKEN_BACK, UNTOUCHED
from deploy.protocol.progress import Progress

HOLDS = "It had settled everywhere before that, and holds."
MIXED = (
    "It holds on {held} and not on {others}. `fab status` shows what is live; the next "
    "`fab deploy`, or `fab rollback --to`, brings them together."
)
HOLDS_THERE = "It holds on {held}."
BACK_THERE = "{others}: as it was before."
ALONE = (
    "There is no connection to {alone}: what was begun there takes itself back, within two "
    "minutes or at boot, unless it was told in time that it holds everywhere. `fab attach` or "
    "the next task tells."
)


def told(fleet: Mapping[str, Progress], gone: frozenset[str] = frozenset()) -> str:
    """Say how each server is; ``gone`` are those that could not be reached any more."""
    alone = sorted(name for name in gone if not fleet[name].ended)
    held = sorted(name for name, one in fleet.items() if one.ended == "done")
    others = sorted(fleet.keys() - {*alone, *held})
    if any(one.ended == "left" for one in fleet.values()):
        return LEFT
    names = {"alone": listed(alone), "held": listed(held), "others": listed(others)}
    if alone:
        there = (HOLDS_THERE,) * bool(held) + (BACK_THERE,) * bool(others)
        return " ".join((ALONE, *there)).format(**names)
    if held:
        return (MIXED if others else HOLDS).format(**names)
    return TAKEN_BACK if others else UNTOUCHED


def listed(names: list[str]) -> str:
    return ", ".join(names)

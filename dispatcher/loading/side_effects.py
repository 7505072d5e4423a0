"""What loading one app did to all others: told, and taken back where that is safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from dispatcher.loading.shared_state import SHARED, Aspect

if TYPE_CHECKING:
    from dispatcher.registry.site import App

MOST = 5
"""How many names are told; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that is not as it was."""

    what: str

    how: str
    """As in ``'UTC' became 'America/Chicago'``."""

    taken_back: bool

    def __str__(self) -> str:
        return f"{self.what}: {self.how}{', taken back' if self.taken_back else ''}"


@contextmanager
def watched(app: App) -> Iterator[list[Effect]]:
    """Fill the list with what the code within did, and take back what others would suffer from.

    Where several threads load, all is put back to how it was before the first of them, so
    that none takes another's change for how things were. What ``app.env`` names was wanted.
    """
    effects: list[Effect] = []
    before.begin()
    try:
        yield effects
    finally:
        effects += before.settle(app)


class Before:
    """How all was before anything was loaded, while something is."""

    def __init__(self) -> None:
        self.running, self.was = 0, {}  # type: int, dict[str, Any]
        self.lock = Lock()  # held for moments, never while an app's own code runs

    def begin(self) -> None:
        with self.lock:
            if not self.running:
                self.was = looked()
            self.running += 1

    def settle(self, app: App) -> list[Effect]:
        with self.lock:
            effects = list(settled(self.was, app))
            self.was = looked()  # what stays is not to be told of the next app
            self.running -= 1
            return effects


before = Before()


def looked() -> dict[str, Any]:
    return {aspect.what: aspect.look() for aspect in SHARED}


def settled(before: Mapping[str, Any], app: App) -> Iterator[Effect]:
    for aspect in SHARED:
        old, new = aspect.counts(app, before[aspect.what], aspect.look())
        if old != new:
            yield Effect(aspect.what, difference(old, new), taken_back=put_back(aspect, old))


def put_back(aspect: Aspect, old: Any) -> bool:
    if aspect.put_back is None:
        return False
    with suppress(ValueError, OSError):  # another thread than the main one; a folder that is gone
        aspect.put_back(old)
        return True
    return False


def told_of(app: App, effects: Iterable[Effect]) -> str:
    return f"{app.name}: loading it changed for all apps here: {'; '.join(map(str, effects))}"


def difference(old: Any, new: Any) -> str:
    """Say what changed.

    >>> difference(("a", "b"), ("b", "c"))
    "gained 'c', lost 'a'"
    >>> difference({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4})
    "changed 'b', 'c'"
    """
    if isinstance(old, dict):
        return f"changed {listed(n for n in {**old, **new} if old.get(n) != new.get(n))}"
    if isinstance(old, tuple):
        gained, lost = ([one for one in a if one not in b] for a, b in ((new, old), (old, new)))
        parts = (("gained", gained), ("lost", lost))
        told = ", ".join(f"{verb} {listed(some)}" for verb, some in parts if some)
        return told or "has another order"
    return f"{old!r} became {new!r}"


def listed(some: Iterable[Any]) -> str:
    named = [repr(one) for one in some]
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return f"{', '.join(named[:MOST])}{more}"

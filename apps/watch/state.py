"""What is the state of each target, as its last results tell?"""

from dataclasses import dataclass

from apps.watch.db import get_db
from apps.watch.rounds import clock, watched
from apps.watch.store import Result, history, seconds_to_wait
from apps.watch.targets import Target

SHOWN = 30  # results of each target


@dataclass(frozen=True, slots=True)
class State:
    target: Target

    results: tuple[Result, ...]
    """Newest first; empty until the first check."""

    @property
    def last(self) -> Result | None:
        return next(iter(self.results), None)

    @property
    def word(self) -> str:
        """``up``, ``down``, or ``unknown`` until the first check."""
        if self.last is None:
            return "unknown"
        return "up" if self.last.answer.up else "down"


def states() -> list[State]:
    """Return every target's state, in the order of the targets file."""
    return [_state(target) for target in watched()]


def state_of(name: str) -> State | None:
    """Return the state of the target called ``name``; None where there is none."""
    return next((_state(target) for target in watched() if target.name == name), None)


def next_check_in() -> int:
    """Return in how many seconds all may be checked again; 0 for now."""
    return seconds_to_wait(get_db(), clock())


def _state(target: Target) -> State:
    return State(target, tuple(history(get_db(), target.name, SHOWN)))

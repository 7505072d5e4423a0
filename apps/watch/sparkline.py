"""What shape have a target's last results?"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.watch.store import Result

HEIGHT, PITCH = 28, 6
LOWEST = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One result, in units of the picture; ``y`` is measured from its top."""

    x: int
    y: int
    height: int
    up: bool


def bars(results: Sequence[Result], count: int) -> list[Bar]:
    """Return a bar for each of ``results`` (newest first), the newest at the right.

    An answer's height is its time in proportion to the slowest; one that is down
    has the full height, and in the page another colour and a gap in its middle.
    """
    times = [result.answer.milliseconds for result in results if result.answer.up]
    slowest = max(times, default=0) or 1
    return [
        _bar((count - 1 - place) * PITCH, result, slowest)
        for place, result in enumerate(results[:count])
    ]


def _bar(x: int, result: Result, slowest: int) -> Bar:
    if not result.answer.up:
        return Bar(x, 0, HEIGHT, up=False)
    height = max(LOWEST, round(result.answer.milliseconds / slowest * (HEIGHT - LOWEST)))
    return Bar(x, HEIGHT - height, height, up=True)

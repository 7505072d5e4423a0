"""Tables for the README, and ratios of what was measured in one round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

Cells = tuple[str, ...]


def alternating(names: Iterable[str], rounds: int) -> Iterator[str]:
    """Yield all names in each round, every second time from the last to the first.

    >>> "".join(alternating("ab", 2))
    'abba'
    """
    listed = list(names)
    for number in range(rounds):
        yield from reversed(listed) if number % 2 else listed


def spread(values: Iterable[float], form: str = ".2f") -> str:
    """Return the median, and the least and the most where they differ.

    >>> spread([2, 1, 4]), spread([3], ".0f")
    ('2.00 (1.00 to 4.00)', '3')
    """
    found = sorted(values)
    shown = [f"{value:{form}}" for value in (statistics.median(found), found[0], found[-1])]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]} to {shown[2]})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the median of the ratios of each round, with the least and the most.

    >>> ratio([1, 2], [2, 2])
    '0.75 (0.50 to 1.00)'
    """
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, numbers to the right."""
    yield f"| {' | '.join(head)} |"
    yield "|---|" + "--:|" * (len(head) - 1)
    for row in rows:
        yield f"| {' | '.join(row)} |"

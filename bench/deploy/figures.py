"""What was measured, as tables for the README and as plain data."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bench.deploy.load import Seen

REDEPLOY, ROLLBACK, BROKEN = "redeploy", "rollback", "broken release"
OURS, RECIPE = "ours", "recipe"
COLUMNS = (
    *("what", "ours, s", "recipe, s", "recipe to ours"),
    *("lost, ours", "lost, recipe", "slowest answer, s"),
)


class Sample(NamedTuple):
    """One command of one way, in one round."""

    act: str
    way: str
    round: int
    seconds: float
    refused: bool
    """Whether the command ended with an error."""

    seen: Seen
    built: float | None
    phases: dict[str, float]


class Result(NamedTuple):
    """All that was measured."""

    samples: list[Sample]
    restoring: dict[str, int]
    """Requests each way lost while the next round was prepared: after a rollback or a broken
    release."""

    elsewhere: dict[str, int]
    """Requests each way lost at all other times."""

    def of(self, act: str, way: str) -> list[Sample]:
        return [one for one in self.samples if (one.act, one.way) == (act, way)]


def range_of(values: Iterable[float], form: str = ".2f") -> str:
    """Return the median, and the least and the most.

    >>> range_of([2, 1, 4])
    '2.00 (1.00 to 4.00)'
    """
    found = sorted(values)
    middle, least, most = statistics.median(found), found[0], found[-1]
    if least == most:
        return f"{middle:{form}}"
    return f"{middle:{form}} ({least:{form}} to {most:{form}})"


def ratios(ours: list[Sample], recipe: list[Sample]) -> list[float]:
    """Return how many times as long the recipe took, round by round."""
    return [b.seconds / a.seconds for a, b in zip(ours, recipe, strict=True)]


def show(result: Result) -> None:
    show_acts(result)
    for when, lost in (("in restoring", result.restoring), ("else", result.elsewhere)):
        print(f"\nLost {when}: {', '.join(f'{name} {count}' for name, count in lost.items())}.")
    print()
    for way in (OURS, RECIPE):
        show_phases(way, result.of(REDEPLOY, way))


def show_acts(result: Result) -> None:
    table(*COLUMNS)
    for act in (REDEPLOY, ROLLBACK, BROKEN):
        ours, recipe = result.of(act, OURS), result.of(act, RECIPE)
        slowest = (max(one.seen.slowest_seconds for one in way) for way in (ours, recipe))
        row(
            act,
            range_of(one.seconds for one in ours),
            range_of(one.seconds for one in recipe),
            range_of(ratios(ours, recipe)),
            range_of((one.seen.failed for one in ours), "g"),
            range_of((one.seen.failed for one in recipe), "g"),
            " and ".join(f"{seconds:.2f}" for seconds in slowest),
        )


def show_phases(way: str, samples: Sequence[Sample]) -> None:
    table(f"redeploy, {way}", "seconds")
    for phase in samples[0].phases:
        row(phase, range_of(one.phases[phase] for one in samples))
    if built := [one.built for one in samples if one.built is not None]:
        row("(the sdist is there after)", range_of(built))
    row("all", range_of(one.seconds for one in samples))
    print()


def table(*columns: str) -> None:
    row(*columns)
    print(f"|---|{'--:|' * (len(columns) - 1)}")


def row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |")

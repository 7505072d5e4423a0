"""What does a redeploy cost beside the peer's, and whom?

Two ways to deploy the same site to one real Debian host, ours and the Flask
documentation's Fabric recipe, take turns while visitors ask both. Each round has a
redeploy of changed code, a rollback, and a release of which one app cannot be
imported. A ratio is the median of the ratios of each round.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.deploy.figures import BROKEN, REDEPLOY, ROLLBACK, Result, Sample
from bench.deploy.load import Answer, Seen, visited
from bench.deploy.phases import spent
from bench.deploy.ways import Ours, Ran, Recipe, Way
from bench.telling import say
from tests.deployment.project import Project
from tests.lab.lab import Lab

SETTLE_SECONDS = 1.0
"""Requests lost so soon after a command has ended are its own."""

BROKEN_SECONDS = 10.0
"""How long the requests are counted from when a broken release is sent."""


class Visits:
    """What visitors see of one way, and which of it was counted."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.counted: list[tuple[float, float]] = []
        self.restoring = 0
        """How many were lost while a rollback or a broken release was undone."""

    def during(self, begin: float, end: float) -> Seen:
        """Wait until those are answered that were sent before ``end``; count those between."""
        time.sleep(max(0.0, end + SETTLE_SECONDS - time.monotonic()))
        self.counted.append((begin, end))
        return Seen.of(self.answers, begin, end)

    def since(self) -> Seen:
        """Count what was sent since what was counted last."""
        return self.during(self.counted[-1][1], time.monotonic() + SETTLE_SECONDS)

    def rest(self) -> int:
        """Return how many were lost that belong to nothing counted."""
        return sum(
            bool(one.failure) and not any(begin <= one.asked < end for begin, end in self.counted)
            for one in self.answers
        )


def prepared(lab: Lab, scratch: Path) -> tuple[Ours, Recipe]:
    """Bring up a host on which the first version of the site is live in both ways."""
    (host,) = lab.up(1)
    lab.run(host, "systemctl", "is-system-running", "--wait", check=False)
    ours = Ours(Project(scratch / "ours", lab.ssh_config))
    recipe = Recipe(Project(scratch / "recipe", lab.ssh_config))
    say("ours: bootstrap and first deployment")
    ours.set_up()
    say("recipe: environment and first deployment")
    recipe.set_up(lab, host)
    return ours, recipe


def measure(lab: Lab, scratch: Path, rounds: int) -> Result:
    ways = ours, recipe = prepared(lab, scratch)
    address = lab.host("h1").ip
    with visited(address, ours.asks) as to_ours, visited(address, recipe.asks) as to_recipe:
        visits = {ours.name: Visits(to_ours), recipe.name: Visits(to_recipe)}
        time.sleep(SETTLE_SECONDS)
        samples = []
        for number in range(rounds):
            turn = ways if number % 2 == 0 else ways[::-1]
            samples += [*one_round(number, turn, visits)]
    restoring = {name: seen.restoring for name, seen in visits.items()}
    return Result(samples, restoring, {name: seen.rest() for name, seen in visits.items()})


def one_round(number: int, turn: Iterable[Way], visits: dict[str, Visits]) -> Iterator[Sample]:
    """Do each thing with one way and then the other."""
    for way in turn:
        way.change(f"round{number}")
        yield sample(REDEPLOY, way, number, way.deploy().checked(), visits)
    for way in turn:
        yield sample(ROLLBACK, way, number, way.rollback().checked(), visits)
        restore(way, visits)
    for way in turn:
        yield sample(BROKEN, way, number, way.deploy_broken(), visits)
        restore(way, visits)


def sample(act: str, way: Way, number: int, ran: Ran, visits: dict[str, Visits]) -> Sample:
    counted_for = BROKEN_SECONDS if act == BROKEN else ran.seconds + SETTLE_SECONDS
    seen = visits[way.name].during(ran.begin, ran.begin + counted_for)
    phases = spent(ran.lines, ran.seconds, way.phases)
    one = Sample(act, way.name, number, ran.seconds, ran.code != 0, seen, ran.built, phases)
    say(f"{number + 1}: {way.name}, {act}: {ran.seconds:.2f} s, {seen.failed} of {seen.asked} lost")
    return one


def restore(way: Way, visits: dict[str, Visits]) -> None:
    """Go back to the whole release; what is lost until then is counted by itself."""
    way.restore()
    visits[way.name].restoring += visits[way.name].since().failed

"""Measure the parts one after the other and print what they found, as tables."""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench.deploy import compared, figures, fleet, unnoticed
from bench.telling import say
from tests.lab import needs, slots
from tests.lab.lab import Lab


class Part(NamedTuple):
    about: str
    measure: Callable[[Lab, Path, int], Any]
    """Given a lab and a folder of its own, and how many rounds."""

    show: Callable[[Any], None]
    rounds: int


PARTS = {
    "recipe": Part("beside the Flask recipe", compared.measure, figures.show, 3),
    "one": Part("fifty deployments and rollbacks, visited", unnoticed.on(1), unnoticed.show, 50),
    "three": Part("ten of each on three servers, visited", unnoticed.on(3), unnoticed.show, 10),
    "fleet": Part("three servers beside one; far away", fleet.measure, fleet.show, 7),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.deploy",
        description="What deployments cost, and whom, on real hosts of a lab.",
        epilog="; ".join(f"{name}: {part.about}" for name, part in PARTS.items()),
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--rounds", type=int, help="of each part; its own number if not given")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"{', '.join(sorted(unknown))}: parts are {', '.join(PARTS)}")
    if missing := needs.missing():
        parser.error(f"no lab of real hosts here: {missing}")
    say(f"Python {platform.python_version()}, {platform.machine()}")
    for name in options.parts or PARTS:
        part = PARTS[name]
        with slots.free_lab(say) as lab, tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            lab.build()
            found = part.measure(lab, Path(scratch), options.rounds or part.rounds)
        print(f"\n{name}\n")
        part.show(found)


if __name__ == "__main__":
    main()

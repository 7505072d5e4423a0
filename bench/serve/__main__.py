"""Run the parts one after the other and print what they found."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from bench.serve import kept, memory, starting, throughput, waiting
from bench.serve.places import needed
from bench.serve.tables import Cells, table

ROUNDS = 7


class Part(NamedTuple):
    measure: Callable[[Path, int], Any]
    """Given a folder of its own, and how many rounds."""

    quick: Callable[[Path], Any]
    """One short round of a part of it, which shows that it can be measured."""

    head: Sequence[str]
    rows: Callable[[Any], list[Cells]]


PARTS = {
    "throughput": Part(
        # Short turns: what else the machine does then slows all of one round alike.
        lambda at, rounds: throughput.measure(at, 4 * rounds, 1),
        lambda at: throughput.measure(at, 1, 1, tuple(throughput.PLACES)[:1]),
        throughput.HEAD,
        throughput.rows,
    ),
    "waiting": Part(
        lambda at, rounds: waiting.measure(at, rounds, 2),
        lambda at: waiting.measure(at, 1, 1, tuple(waiting.WAYS)[:1], (16,)),
        waiting.HEAD,
        waiting.rows,
    ),
    "memory": Part(
        memory.measure,
        lambda at: memory.measure(at, 1, 2, (1,), asked=50),
        memory.HEAD,
        memory.rows,
    ),
    "starting": Part(
        starting.measure,
        lambda at: starting.measure(at, 1, tuple(starting.PLACES)[:2]),
        starting.HEAD,
        starting.rows,
    ),
    "kept": Part(
        lambda at, rounds: kept.measure(at, rounds, 3),
        lambda at: kept.measure(at, 1, 0.5, (kept.AS_IT_IS,)),
        kept.HEAD,
        kept.rows,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.serve", description="What serving costs, through nginx and gunicorn."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default %(default)s")
    parser.add_argument("--quick", action="store_true", help="a bit of each; figures mean nothing")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"{', '.join(sorted(unknown))}: parts are {', '.join(PARTS)}")
    if missing := needed():
        parser.error(f"programs are missing: apt-get install {' '.join(missing)}")
    print(machine(), file=sys.stderr)
    found = {}
    for name in options.parts or PARTS:
        part = PARTS[name]
        # A short path: that of a socket may have 107 bytes.
        with tempfile.TemporaryDirectory(prefix="serve-") as folder:
            at = Path(folder)
            found[name] = part.quick(at) if options.quick else part.measure(at, options.rounds)
        if not options.json:
            print(f"\n{name}\n", *table(part.head, part.rows(found[name])), sep="\n", flush=True)
    if options.json:
        print(json.dumps(found))


def machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("Flask", "gunicorn", "gevent"))
    return f"Python {platform.python_version()}, {libraries}, {platform.machine()}"


if __name__ == "__main__":
    main()

"""Run the parts one after the other and print what they found."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.edge import files, good
from bench.edge.front import running
from bench.serve.places import needed
from bench.serve.tables import table
from bench.telling import say


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.edge", description="What nginx carries before the apps."
    )
    parser.add_argument("--rounds", type=int, default=5, help="default %(default)s")
    parser.add_argument("--quick", action="store_true", help="a bit of each; figures mean nothing")
    options = parser.parse_args()
    if missing := needed():
        parser.error(f"programs are missing: apt-get install {' '.join(missing)}")
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="edge-") as folder, running(Path(folder)) as front:
        found = files.measure(front, options.rounds, 1 if options.quick else 2)
        print("\nfiles\n", *table(files.HEAD, files.rows(found)), sep="\n", flush=True)
        crowds = (good.FEW,) if options.quick else tuple(good.CROWDS)
        turns = good.measure(front, options.rounds, 1 if options.quick else 5, crowds)
        print("\ncrowds\n", *table(good.HEAD, good.rows(turns)), sep="\n", flush=True)
        for turn in turns[: len(crowds)]:
            say(f"{turn.crowd}: {turn.told}")


if __name__ == "__main__":
    main()

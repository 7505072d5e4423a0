"""Say on stderr how far a benchmark is, since its tables go to stdout."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

"""Which of many points a run takes: some by chance, or all; the seed is told."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping

SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(10**6))
"""``FAULTS_SEED=n`` repeats a choice; `FAULTS_ALL=1` takes every point, for a nightly run."""

ALL = bool(os.environ.get("FAULTS_ALL"))


def some(of: Mapping[int, str], count: int, what: str) -> list[tuple[int, str]]:
    """Return some of the points, in their order, others for each ``what``; which is printed."""
    everything = sorted(of.items())
    if ALL:
        return everything
    chosen = sorted(random.Random(f"{SEED} {what}").sample(everything, min(count, len(everything))))
    sys.stderr.write(f"FAULTS_SEED={SEED}: {chosen}\n")  # which pytest shows of a failure
    return chosen

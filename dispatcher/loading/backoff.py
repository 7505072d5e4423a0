"""When to try again what failed: later each time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Backoff:
    """Wait ``first`` seconds after a failure, then twice as long each time, up to ``longest``.

    >>> now = [0.0]
    >>> backoff = Backoff(1, 300, clock=lambda: now[0])
    >>> for _ in range(3):
    ...     backoff.failed()
    >>> backoff.left
    4.0
    """

    def __init__(
        self, first: float, longest: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.next, self.longest, self.clock = first, longest, clock
        self.until = -math.inf

    def failed(self, *, for_good: bool = False) -> None:
        """Count a failure; ``for_good``, there is no next time."""
        wait = math.inf if for_good else self.next
        self.until = self.clock() + wait
        self.next = min(self.next * 2, self.longest)

    @property
    def left(self) -> float:
        """The seconds until it may be tried again; 0 and less where it may."""
        return self.until - self.clock()

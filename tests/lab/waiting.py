"""Wait for something to become true, and for no longer than a deadline."""

import time
from collections.abc import Callable


def until(truth: Callable[[], object], seconds: float, pause_seconds: float = 0.02) -> bool:
    """Ask again and again; return whether it came true in time.

    >>> until(lambda: True, seconds=0)
    True
    >>> until(lambda: False, seconds=0)
    False
    """
    deadline = time.monotonic() + seconds
    while not truth():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause_seconds)
    return True

"""How long code that is not ours may take: it is interrupted, wherever it is."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TICK_SECONDS = 1
"""How often is looked at limits; code that swallows the exception gets it again."""


class TooSlow(BaseException):
    """Raised in the slow code itself; not an `Exception`, or it would be handled as one there.

    ``waited`` where it let other greenlets run meanwhile.
    """

    def __init__(self, seconds: float, *, waited: bool = False) -> None:
        super().__init__(seconds)
        self.seconds, self.waited = seconds, waited

    def __str__(self) -> str:
        return f"it took longer than {self.seconds:g} s"


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in what runs within after ``seconds``.

    That is done by a signal, which interrupts loops, locks and system calls alike, and
    reaches the main thread alone; in any other thread there is no limit. Under gevent a
    greenlet of the main thread has one too: while it waits another one runs, and gevent's
    own timeout wakes it.
    """
    me, waiting = current(), None
    if not set_alarm():
        yield
        return
    if is_patched():
        from gevent import Timeout

        waiting = Timeout.start_new(seconds, TooSlow(seconds, waited=True))
    limits[me] = TooSlow(seconds), time.monotonic() + seconds
    # Another greenlet may be within its own limit: the timer ticks for all of them.
    signal.setitimer(signal.ITIMER_REAL, min(seconds, TICK_SECONDS), TICK_SECONDS)
    try:
        yield
    finally:
        del limits[me]
        if not limits:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if waiting is not None:
            waiting.close()


def set_alarm() -> bool:
    """Have `expire` called at SIGALRM; only the main thread can."""
    try:
        signal.signal(signal.SIGALRM, expire)
    except ValueError:
        return False
    return True


limits: dict[object, tuple[TooSlow, float]] = {}
"""What runs within a limit, with what to raise in it and when."""


def expire(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    limit = limits.get(current()) or limits.get(None)
    if limit and time.monotonic() >= limit[1]:
        raise limit[0]


def current() -> object:
    """Return the greenlet that runs now; None where there is the main thread alone."""
    return sys.modules["greenlet"].getcurrent() if is_patched() else None


def is_patched() -> bool:
    """Whether gevent has replaced what waits."""
    monkey = sys.modules.get("gevent.monkey")
    return bool(monkey and monkey.is_module_patched("threading"))

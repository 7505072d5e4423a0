"""Hear of an interrupt in its turn: raised anywhere, it could lose what was said."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)

AWAKE_SECONDS = 0.5
"""How long whoever waits meanwhile may do so at a time: a signal that comes just before a wait
does not end it."""


@contextmanager
def told(tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` for each interrupt meanwhile; only where the main thread is."""
    before = {one: signal.signal(one, lambda *_: tell()) for one in SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)

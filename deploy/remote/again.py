"""Reach a server again whose connection was lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from deploy.errors import LostError, ReachError
from deploy.remote.link import Link

AGAIN_SECONDS = 40
"""For how long a lost connection is tried again; its agent takes back after a minute or two."""

PAUSE_SECONDS = 1.0

T = TypeVar("T")
Again = Callable[[str], Link]
"""Connects to a server anew."""


def insist(again: Again, name: str, ask: Callable[[Link], T], seconds: float) -> T:
    """Connect anew and ask, again and again for as long as that.

    Raises `LostError` in the end, and at once the `ReachError` of an agent that refuses.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            link = again(name)
        except ReachError as error:
            failed = LostError(name, error.reason)
        else:
            try:
                return ask(link)
            except LostError as error:
                failed = error
        rest = end - time.monotonic()
        if rest < 0:
            raise failed
        time.sleep(min(rest, PAUSE_SECONDS))

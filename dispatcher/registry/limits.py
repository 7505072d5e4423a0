"""How much of an app may one visitor have?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

HEADER_LINES = 4
"""So many lines of the longest length may a request have; shorter ones share that room."""

MOST_HEADER_KB = 64
"""The most that ``header_kb`` may be: as much is read before it is known for which host."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What nginx lets through to an app, by address of the visitor where it counts."""

    body_mb: int = 16
    """The longest body of a request, in MiB."""

    header_kb: int = 8
    """The longest line before the body, in KiB: the address, or a header. Of the whole site."""

    answer_seconds: int = 60
    """How long an answer may be silent: before it begins, and between two parts of it."""

    per_second: int = 100
    """Requests of one address; twice as many may come at once. 0 is no limit."""

    at_once: int = 100
    """Requests of one address that are under way. 0 is no limit."""

    buffered: bool = True
    """Whether nginx takes answers and bodies in as a whole; not so for streams."""

    zone: str = ""
    """The app that counts for itself; those that share the site's numbers are counted together."""

    def but(self, given: Mapping[str, Any], app: str) -> Limits:
        """Return these limits with what is ``given`` for an app instead."""
        counted = bool({"per_second", "at_once"} & given.keys())
        return replace(self, **given, zone=app if counted else "")


USUAL = Limits()
"""Of an app that says nothing, in a site that says nothing."""

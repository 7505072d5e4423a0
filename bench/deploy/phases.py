"""Where does the time of a deployment go? Its lines, each a step that ended, in groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

LINE = re.compile(r"^h\d+ +(?:(?P<seconds>\d+\.\d\d) s)? +(?P<note>\S.*)$")

Phases = Mapping[str, str]
"""Name of a phase to what the notes that belong to it look like."""

OURS: Phases = {
    "start, connect, look; build the sdist meanwhile": "",
    "upload, check hashes": "make the release's folder|upload|check the hashes",
    "make the environment, install": "make (an|its) environment|install|compile|keep them|build",
    "describe": "write its|name its|bring it to the disk",
    "start": "keep it from being stopped|start its pools",
    "gate": "ask every worker|see that its pools",
    "cut over, verify": "note that it begins|check nginx|go live|reload|ask every app",
    "tidy, end": "stop|remove|note that it is done",
}
RECIPE: Phases = {
    "start": "",
    "build the sdist": "build the sdist",
    "connect, upload": "connect and upload",
    "install with pip": "install with pip",
    "remove the archive": "remove the archive",
    "restart, end": "restart",
}


class Line(NamedTuple):
    """A line a command printed, and when, in seconds since it was started."""

    at: float
    text: str


def spent(lines: Iterable[Line], ended: float, phases: Phases) -> dict[str, float]:
    """Return the seconds each phase took, which together are all of ``ended``.

    A step's line comes when it ended. The first phase lasts until the first step, the
    last until the end, and a step of no known phase counts for the one it stands in.

    >>> spent([Line(1.5, "h1    0.50 s  go")], 2.0, {"look": "", "act": "go"})
    {'look': 1.0, 'act': 1.0}
    """
    found = dict.fromkeys(phases, 0.0)
    now, since = next(iter(phases)), 0.0
    for at, text in lines:
        if not (step := LINE.match(text)):
            continue
        if since == 0.0:
            found[now] += (since := at - float(step["seconds"] or 0))
        now = next(
            (p for p, notes in phases.items() if notes and re.match(notes, step["note"])), now
        )
        found[now] += at - since
        since = at
    found[now] += ended - since
    return found

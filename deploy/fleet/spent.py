"""Where did the time of a transaction go? The seconds of each phase, as its records tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.protocol.journal import Record
from deploy.protocol.progress import BACK, MIGRATE, PUBLISH, SETTLE, START

PREPARE = "prepare"
PHASES = {
    PREPARE: "prepare",
    MIGRATE: "migrate",
    START: "start",
    PUBLISH: "go live",
    SETTLE: "tidy",
    BACK: "taken back",
}
"""By the order that begins each: what people call it."""


@dataclass(slots=True)
class Spent:
    """What one server's steps took."""

    before: str = ""
    """The release that was live; empty where there was none."""

    phase: str = PREPARE
    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, record: Record) -> None:
        """Take a record in."""
        match record["kind"]:
            case "order":
                self.phase = record["order"]
            case "undone":
                self.add(BACK, record["seconds"])
            case "done":
                self.add(self.phase, record["seconds"])

    def add(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds


def phases(fleet: Mapping[str, Spent]) -> list[str]:
    """Return the phases that any server had, in their order."""
    return [phase for phase in PHASES if any(phase in spent.seconds for spent in fleet.values())]

"""How far a transaction is, told by its journal alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from deploy.protocol.journal import Record

MIGRATE, START, PUBLISH, SETTLE, BACK = "migrate", "start", "publish", "settle", "back"
"""What a transaction may be told. It waits for the first two where databases are migrated, for
the third before visitors see anything, and for the fourth before it lets go of what was; the
last takes all back, until it is settled."""


@dataclass(slots=True)
class Progress:
    """The state of one transaction."""

    begun: list[int] = field(default_factory=list)
    """Numbers of the steps that have begun and were not taken back, in that order."""

    finished: set[int] = field(default_factory=set)
    waits: str = ""
    """The order that would let it go on."""

    settled: bool = False
    """Whether it was told to settle: from then on nothing is taken back."""

    failed: bool = False
    count: int = 0
    """How many records were heard, for whoever counts them."""

    ended: str = ""
    """How it ended: ``done``, ``taken back``, ``left`` (not all could be), or nothing yet."""

    def note(self, record: Record) -> None:
        """Take a record in."""
        match record["kind"]:
            case "step":
                self.begun.append(record["number"])
            case "done":
                self.finished.add(record["number"])
            case "undone":
                self.begun.remove(record["number"])
            case "waits":
                self.waits = record["order"]
            case "order":
                self.waits = ""
                self.settled = self.settled or record["order"] == SETTLE
            case "failed":
                self.failed = True
            case "end":
                self.ended = record["how"]

    @classmethod
    def of(cls, records: Iterable[Record]) -> Progress:
        """Return the state that a journal tells of."""
        progress = cls()
        for record in records:
            progress.note(record)
        return progress

"""What was found, and when may be looked again?"""

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from apps.watch.check import Answer
from apps.watch.db import writing

PAUSE_SECONDS = 30
KEPT = 200  # results of each target


@dataclass(frozen=True, slots=True)
class Result:
    """One answer of one target, at a time."""

    checked_at: float
    """Seconds since 1970."""

    answer: Answer


def claim_round(db: sqlite3.Connection, now: float) -> bool:
    """Say whether the caller may check now, and if so, that nobody else may for a while.

    True for one caller in ``PAUSE_SECONDS``, over all workers: one statement both
    asks and takes. A beginning far ahead of ``now`` is from before the clock was
    set back, and holds up nobody.
    """
    query = "UPDATE round SET began = :now WHERE abs(:now - began) >= :pause"
    return db.execute(query, {"now": now, "pause": PAUSE_SECONDS}).rowcount == 1


def seconds_to_wait(db: sqlite3.Connection, now: float) -> int:
    """Return in how many seconds a round may begin; 0 for now."""
    began: float = db.execute("SELECT began FROM round").fetchone()[0]
    return max(0, math.ceil(PAUSE_SECONDS - abs(now - began)))


def record(db: sqlite3.Connection, answers: Mapping[str, Answer], now: float) -> None:
    """Store one answer a target, and forget those older than the last ``KEPT``."""
    with writing(db):
        for target, answer in answers.items():
            db.execute(
                "INSERT INTO result (target, checked_at, up, status, milliseconds, error)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (target, now, answer.up, answer.status, answer.milliseconds, answer.error),
            )
            db.execute(
                "DELETE FROM result WHERE target = :target AND id <= (SELECT id FROM result"
                " WHERE target = :target ORDER BY id DESC LIMIT 1 OFFSET :kept)",
                {"target": target, "kept": KEPT},
            )


def history(db: sqlite3.Connection, target: str, count: int) -> list[Result]:
    """Return the last ``count`` results of ``target``, newest first."""
    rows = db.execute(
        "SELECT checked_at, status, milliseconds, error FROM result"
        " WHERE target = ? ORDER BY id DESC LIMIT ?",
        (target, count),
    )
    return [Result(row[0], Answer(*row[1:])) for row in rows]

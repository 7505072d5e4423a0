"""The seconds of each phase are told from the records of a server."""

from __future__ import annotations

from typing import Any

from deploy.fleet.spent import Spent, phases


def spent(*records: dict[str, Any]) -> Spent:
    one = Spent("r1")
    for record in records:
        one.note(record)
    return one


def done(seconds: float, kind: str = "done") -> dict[str, Any]:
    return {"kind": kind, "seconds": seconds}


def order(word: str) -> dict[str, Any]:
    return {"kind": "order", "order": word}


def test_a_step_counts_for_the_order_that_it_followed() -> None:
    one = spent(done(1), done(2), order("publish"), done(3), order("settle"), done(4))

    assert one.seconds == {"prepare": 3, "publish": 3, "settle": 4}


def test_what_is_taken_back_is_told_by_itself() -> None:
    one = spent(done(1), {"kind": "failed"}, done(2, "undone"))

    assert one.seconds == {"prepare": 1, "back": 2}


def test_phases_come_in_their_order_whoever_had_them() -> None:
    fleet = {"web1": spent(order("settle"), done(1)), "web2": spent(order("start"), done(1))}

    assert phases(fleet) == ["start", "settle"]
    assert phases({}) == []

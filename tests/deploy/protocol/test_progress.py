"""How far a transaction is, told by its journal alone."""

from __future__ import annotations

from deploy.protocol.journal import Record
from deploy.protocol.progress import BACK, PUBLISH, SETTLE, Progress


def steps(*kinds: str) -> list[Record]:
    """Return records from words like ``step 1``."""
    pairs = (kind.split() for kind in kinds)
    return [{"kind": kind, "number": int(number)} for kind, number in pairs]


def order(word: str) -> list[Record]:
    return [{"kind": "waits", "order": word}, {"kind": "order", "order": word}]


def test_an_empty_journal_is_of_one_that_has_done_nothing() -> None:
    progress = Progress.of([])

    assert (progress.begun, progress.finished) == ([], set())
    assert (progress.waits, progress.ended) == ("", "")
    assert (progress.settled, progress.failed) == (False, False)


def test_a_step_counts_as_begun_until_it_is_taken_back() -> None:
    told = steps("step 0", "done 0", "step 1", "done 1", "step 2")

    assert Progress.of(told).begun == [0, 1, 2], "the one that has not finished too"
    assert Progress.of(told).finished == {0, 1}
    back = [*told, *steps("undo 2", "undone 2", "undo 1")]
    assert Progress.of(back).begun == [0, 1], "a taking back that was cut off is done again"


def test_it_waits_from_when_it_says_so_until_it_is_told() -> None:
    assert Progress.of(order(PUBLISH)[:1]).waits == PUBLISH
    assert Progress.of(order(PUBLISH)).waits == ""


def test_it_is_settled_only_by_that_order() -> None:
    assert not Progress.of(order(PUBLISH)).settled
    assert not Progress.of(order(SETTLE)[:1]).settled
    assert not Progress.of(order(BACK)).settled
    assert Progress.of([*order(SETTLE), *steps("step 1", "failed 1")]).settled


def test_it_has_ended_as_its_last_record_says() -> None:
    progress = Progress.of([*steps("failed 0"), {"kind": "end", "how": "taken back"}])

    assert (progress.failed, progress.ended) == (True, "taken back")


def test_what_it_does_not_know_changes_nothing() -> None:
    assert Progress.of([{"kind": "begin"}, {"kind": "of another version"}]) == Progress()

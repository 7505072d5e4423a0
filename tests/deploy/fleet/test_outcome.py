"""Whoever deploys reads how every server is, and what to do where they differ."""

from __future__ import annotations

import pytest

from deploy.errors import LEFT, TAKEN_BACK, UNTOUCHED
from deploy.fleet.outcome import HOLDS, told
from deploy.protocol.progress import Progress

DONE, BACK, LEFT_OVER = (Progress(ended=how) for how in ("done", "taken back", "left"))


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        ({}, UNTOUCHED),
        ({"a": BACK, "b": BACK}, TAKEN_BACK),
        ({"a": DONE, "b": DONE}, HOLDS),
        ({"a": DONE, "b": LEFT_OVER}, LEFT),
    ],
    ids=["not begun", "taken back", "done", "left"],
)
def test_where_all_are_alike_that_is_said_of_all(fleet: dict[str, Progress], said: str) -> None:
    assert told(fleet) == said


def test_where_they_differ_each_is_named() -> None:
    said = told({"a": DONE, "b": BACK, "c": DONE})

    assert said.startswith("It holds on a, c and not on b.")
    assert "the next `fab deploy`" in said


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"b": BACK, "c": BACK}, "b, c: as it was before."),
        ({"b": DONE, "c": DONE}, "It holds on b, c."),
        ({}, "tells."),
    ],
    ids=["taken back", "done", "alone"],
)
def test_of_one_that_is_lost_it_is_said_what_it_will_do_and_of_the_others_what_they_did(
    others: dict[str, Progress], said: str
) -> None:
    one = told({"a": Progress(waits="settle"), **others}, frozenset("a"))

    assert one.startswith("There is no connection to a: what was begun there takes itself back")
    assert one.endswith(said)


def test_one_that_was_lost_after_its_end_is_as_it_ended() -> None:
    assert told({"a": BACK, "b": BACK}, frozenset("a")) == TAKEN_BACK

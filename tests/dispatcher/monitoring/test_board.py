import os
from collections.abc import Callable

from dispatcher.monitoring.board import ERRORS, IN_FLIGHT, NOTE_BYTES, NOTES, Board


def in_child(act: Callable[[], None]) -> None:
    """Do something in a process of its own, as a worker is one."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_what_a_worker_counts_is_seen_by_all() -> None:
    board = Board(["wiki", "portal"], places=2)
    place = board.reserve()

    def work() -> None:
        board.take(place)
        board.own.cells[board.rows["portal"] + ERRORS] += 3

    in_child(work)
    assert board.totals()["portal"][ERRORS] == 3
    assert board.totals()["wiki"][ERRORS] == 0


def test_what_a_dead_worker_counted_stays_but_nothing_of_it_is_in_flight() -> None:
    board = Board(["wiki"], places=1)
    place = board.reserve()

    def work() -> None:
        board.take(place)
        board.own.cells[ERRORS] += 3
        board.own.cells[IN_FLIGHT] += 1

    in_child(work)
    assert len(board.workers()) == 1
    board.leave(place)

    assert board.workers() == []
    assert board.totals()["wiki"][ERRORS] == 3
    assert board.totals()["wiki"][IN_FLIGHT] == 0


def test_a_place_is_given_to_one_worker_at_a_time_and_again_when_it_is_gone() -> None:
    board = Board([], places=2)
    assert [board.reserve(), board.reserve()] == [1, 2]
    board.leave(1)
    assert board.reserve() == 1
    assert board.reserve() == 2  # more than there is room for


def test_the_last_notes_of_all_are_there_newest_first() -> None:
    board = Board([], places=1)
    place = board.reserve()

    def work() -> None:
        board.take(place)
        board.own.note(text="from the worker")

    board.own.note(text="before")
    in_child(work)
    for number in range(NOTES):
        board.own.note(text=f"{number}")

    told = [note["text"] for note in board.notes()]
    assert told == [*(str(number) for number in reversed(range(NOTES))), "from the worker"]


def test_a_long_note_loses_the_beginning_of_its_longest_text() -> None:
    board = Board([])
    board.own.note(text="é" * NOTE_BYTES + "the end", short="kept")
    (note,) = board.notes()
    assert note["short"] == "kept"
    assert note["text"].endswith("éthe end")

"""What was done is told for ever, and whoever changes it is found out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.agent import history
from deploy.agent.history import START, append

Lines = list[bytes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history"
    for number in range(1, 5):
        append(path, {"number": number, "by": "ada@desk"})
    return path


def numbers(path: Path) -> list[int]:
    return [record["number"] for record in history.read(path).records]


def test_nothing_was_done_where_there_is_no_history(tmp_path: Path) -> None:
    told = history.read(tmp_path / "none")

    assert (told.records, told.broken, told.head) == ((), None, START)


def test_records_are_told_as_they_were_written_oldest_first(path: Path) -> None:
    told = history.read(path)

    assert told.records[0] == {"number": 1, "by": "ada@desk"}
    assert numbers(path) == [1, 2, 3, 4]
    assert told.broken is None


def test_each_line_names_the_hash_of_the_one_before(path: Path) -> None:
    after = START
    for line in path.read_bytes().splitlines():
        assert json.loads(line)["after"] == after
        after = hashlib.sha256(line).hexdigest()

    assert history.read(path).head == after


def changed(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace(b"ada", b"eve"), *lines[2:]]


def dropped(lines: Lines) -> Lines:
    return [lines[0], *lines[2:]]


def swapped(lines: Lines) -> Lines:
    return [lines[0], lines[2], lines[1], lines[3]]


def without_the_first(lines: Lines) -> Lines:
    return lines[1:]


def put_between(lines: Lines) -> Lines:
    return [lines[0], b'{"number":9,"by":"eve"}', *lines[1:]]


def spoilt(lines: Lines) -> Lines:
    return [lines[0], b"\0" * 40, *lines[2:]]


def of_another_kind(lines: Lines) -> Lines:
    return [lines[0], b"5", *lines[2:]]


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (changed, 3),
        (dropped, 2),
        (swapped, 2),
        (without_the_first, 1),
        (put_between, 2),
        (spoilt, 2),
        (of_another_kind, 2),
    ],
)
def test_tampering_is_shown_for_ever(
    path: Path, tamper: Callable[[Lines], Lines], broken: int
) -> None:
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(tamper(lines)) + b"\n")

    assert history.read(path).broken == broken
    append(path, {"number": 5, "by": "ada@desk"})
    assert history.read(path).broken == broken


def test_removing_the_newest_line_shows_in_the_last_hash_alone(path: Path) -> None:
    head = history.read(path).head
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))

    told = history.read(path)

    assert told.broken is None
    assert told.head != head, "as whoever wrote it down can see"


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_line_that_the_power_cut_in_two_is_no_tampering_and_is_repaired(
    path: Path, cut: int
) -> None:
    path.write_bytes(path.read_bytes()[:-cut])

    assert history.read(path).broken is None
    append(path, {"number": 5})

    assert numbers(path) == [1, 2, 3, 5]
    assert history.read(path).broken is None


def test_a_long_history_is_neither_read_to_be_added_to_nor_told_whole(path: Path) -> None:
    lines, before = [], history.START
    for number in range(history.MOST + 5):
        line = json.dumps({"number": number, "title": "x" * 200, "after": before}).encode()
        before = history.digest(line)
        lines.append(line + b"\n")
    path.write_bytes(b"".join(lines))

    history.append(path, {"number": history.MOST + 5})

    read = history.read(path)
    assert read.broken is None
    assert [one["number"] for one in read.records] == list(range(6, history.MOST + 6))

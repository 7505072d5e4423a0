"""A journal survives whatever ends its writer, and tells everybody the same."""

from __future__ import annotations

import errno
import io
import json
import stat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from deploy.protocol.journal import BALLAST_BYTES, Journal, Record, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def kinds(records: list[Record]) -> list[str]:
    return [record["kind"] for record in records]


def written(path: Path, *names: str) -> Journal:
    journal = Journal(path)
    for kind in names:
        journal.write(kind)
    return journal


def test_records_are_there_for_the_next_that_opens_it(path: Path) -> None:
    journal = Journal(path)
    journal.write("step", number=0, note="make ü\n")
    journal.write("done", sync=False, number=0)
    journal.close()

    again = Journal(path)
    again.close()

    assert again.records == journal.records == read(path)
    assert kinds(again.records) == ["step", "done"]
    assert again.records[0]["note"] == "make ü\n"
    assert again.records[0]["at"] > 0


def test_nobody_but_its_owner_reads_a_journal(path: Path) -> None:
    Journal(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_journal_has_no_records(path: Path) -> None:
    assert read(path) == []


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_line_that_the_power_cut_in_two_was_not_written(path: Path, cut: int) -> None:
    written(path, "begin", "step").close()
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    path.write_bytes(whole[: -min(cut, len(last))])

    assert kinds(read(path)) == ["begin"]


@pytest.mark.parametrize(
    "tail", [b"\0" * 512, b"\0" * 512 + b"\n", b"{}garbage\n", b"\xff\xfe\n", b"\n"]
)
def test_blocks_that_the_power_left_empty_are_no_records(path: Path, tail: bytes) -> None:
    written(path, "begin", "step").close()
    with path.open("ab") as file:
        file.write(tail)

    assert kinds(read(path)) == ["begin", "step"]


def test_who_goes_on_begins_after_the_last_whole_record(path: Path) -> None:
    written(path, "begin", "step").close()
    with path.open("ab") as file:
        file.write(b'{"kind":"do')

    written(path, "failed", "end").close()

    assert kinds(read(path)) == ["begin", "step", "failed", "end"]
    assert [json.loads(line)["kind"] for line in path.read_bytes().splitlines()] == kinds(
        read(path)
    )


def test_all_who_follow_are_told_every_record_once_and_in_order(path: Path) -> None:
    journal = written(path, "begin")
    heard: list[list[Record]] = [[] for _ in range(8)]
    threads = [Thread(target=journal.follow, args=(0, one.append)) for one in heard]
    for number, thread in enumerate(threads):
        thread.start()
        for _ in range(20):
            journal.write("step", sync=False, number=number)

    journal.write("end")
    journal.close()
    for thread in threads:
        thread.join()

    assert all(one == journal.records for one in heard)


def test_who_comes_late_is_told_from_where_it_asks(path: Path) -> None:
    journal = written(path, "begin", "step", "done", "end")
    journal.close()
    heard: list[Record] = []

    journal.follow(2, heard.append)

    assert kinds(heard) == ["done", "end"]


class Full(io.FileIO):
    """A file on a disk that is full while there is ballast on it, and writes little at once."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.path, "ab")
        self.ballast = journal.ballast

    def write(self, data: Any) -> int:
        if self.ballast.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data[:10]) or 0


def test_a_full_disk_has_room_for_the_end_of_a_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.load()
    assert journal.ballast.stat().st_blocks * 512 >= BALLAST_BYTES
    journal.file.close()
    journal.file = Full(journal)

    journal.write("failed", text="no space")
    journal.write("end", how="taken back")

    assert [record["kind"] for record in read(tmp_path / "journal")] == ["failed", "end"]
    assert not journal.ballast.exists()


def test_a_journal_that_ended_keeps_no_room(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.load()

    journal.write("end", how="done")

    assert [path.name for path in tmp_path.iterdir()] == ["journal"]

"""What is known of certificates outlives whatever is in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.certify.kept import Book, Kept, load, save


def test_what_is_saved_is_known_again(tmp_path: Path) -> None:
    book = Book({"a.org": Kept(fault="no", failures=2)}, "nginx does not run", True, "today")

    save(tmp_path / "state.json", book)

    assert load(tmp_path / "state.json") == book


@pytest.mark.parametrize("text", ["", "[]", '{"hosts": {"a": 3}}', "\0\0"])
def test_a_file_that_is_broken_is_begun_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)

    assert load(tmp_path / "state.json") == load(tmp_path / "nothing") == Book()


def test_what_a_later_version_knew_is_left_out(tmp_path: Path) -> None:
    text = '{"hosts": {"a": {"new": 1, "fault": "x"}}, "fault": "", "stale": false, "looked": ""}'
    (tmp_path / "state.json").write_text(text)

    assert load(tmp_path / "state.json").hosts == {"a": Kept(fault="x")}

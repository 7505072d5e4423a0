"""Two folders change places in one go, and however often it is begun anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.onhost.swap import Unchanged, change, main


class Folders:
    """The data of a pool, and others beside them."""

    def __init__(self, root: Path) -> None:
        self.place, self.other, self.note = root / "place", root / "other", root / "note"
        for folder in (self.place, self.other):
            folder.mkdir()
            (folder / "file").write_text(folder.name)

    def given(self, to: str) -> dict[str, str]:
        paths = {"place": self.place, "other": self.other, "note": self.note}
        units = {"service": "no-such.service", "socket": "no-such.socket"}
        return {**{name: str(path) for name, path in paths.items()}, **units, "to": to}

    @property
    def there(self) -> str:
        return (self.place / "file").read_text()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """Give them on a machine where no unit runs, as one that boots."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text("#!/bin/sh\necho inactive\nexit 3\n")
    (programs / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return Folders(tmp_path)


def test_it_can_be_done_and_taken_back_as_often_as_somebody_begins_it(folders: Folders) -> None:
    for to, there in [("new", "other"), ("new", "other"), ("old", "place"), ("old", "place")]:
        main(folders.given(to))
        assert folders.there == there
    assert (folders.other / "file").read_text() == "other"


def test_what_was_never_begun_is_not_taken_back(folders: Folders) -> None:
    main(folders.given("old"))

    assert folders.there == "place"
    assert not folders.note.exists()


def test_a_unit_that_starts_anew_changes_nothing_twice(folders: Folders) -> None:
    main(folders.given("new"))

    for _ in range(3):
        change(folders.given("new"))

    assert folders.there == "other"


def test_folders_that_are_not_those_of_before_stay_where_they_are(folders: Folders) -> None:
    folders.note.write_text(json.dumps({"new": 1, "to": "new"}))

    with pytest.raises(Unchanged, match="is what was unpacked"):
        change(folders.given("new"))

    assert folders.there == "place"

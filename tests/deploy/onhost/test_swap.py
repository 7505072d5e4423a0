"""Folders change places, and back, from wherever it was cut off; nothing old is ever removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.onhost import swap
from deploy.onhost.swap import change, main


class Cut(Exception):
    """The power fails."""


class Folders:
    """The data of a pool, and others that are to come."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("place", "other"):
            (root / name).mkdir()
            (root / name / name).touch()

    def given(self, to: str) -> dict[str, str]:
        paths = {name: str(self.root / name) for name in ("place", "other", "old", "note")}
        return {**paths, "service": "no-such.service", "socket": "no-such.socket", "to": to}

    @property
    def there(self) -> dict[str, list[str]]:
        """Return which folders there are, and what is in each."""
        return {
            path.name: [one.name for one in path.iterdir()]
            for path in sorted(self.root.iterdir())
            if path.is_dir() and path.name != "programs"
        }


BEFORE = {"other": ["other"], "place": ["place"]}
AFTER = {"old": ["place"], "place": ["other"]}


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
    for to, there in [("new", AFTER), ("new", AFTER), ("old", BEFORE), ("old", BEFORE)]:
        main(folders.given(to))
        assert folders.there == there


def test_what_was_never_begun_is_not_taken_back(folders: Folders) -> None:
    main(folders.given("old"))

    assert folders.there == BEFORE
    assert not (folders.root / "note").exists()


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("made", [False, True], ids=["", "systemd made the folder anew"])
@pytest.mark.parametrize(("first", "then"), [("new", "new"), ("new", "old"), ("old", "old")])
def test_from_wherever_it_is_cut_off_it_goes_on_or_back(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, first: str, then: str, made: bool, cut: int
) -> None:
    if first == "old":
        main(folders.given("new"))
    done = 0

    def moved(one: Path, to: Path) -> None:
        nonlocal done
        one.rename(to)
        done += 1
        if done == cut:
            raise Cut

    with monkeypatch.context() as context:
        context.setattr(swap, "moved", moved)
        with pytest.raises(Cut):
            main(folders.given(first))
    if made:
        (folders.root / "place").mkdir(exist_ok=True)

    main(folders.given(then))

    assert folders.there == (AFTER if then == "new" else BEFORE)


def test_a_unit_that_starts_anew_changes_nothing_twice(folders: Folders) -> None:
    main(folders.given("new"))

    for _ in range(3):
        change(folders.given("new"))

    assert folders.there == AFTER

"""What nginx was told is kept before it is told anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.acting.machine import Here
from deploy.acting.runner import perform
from deploy.acting.steps import shell
from deploy.server.web import KEEP


def test_files_and_links_are_kept_from_wherever_that_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, kept, missing = tmp_path / "nginx", tmp_path / "kept", tmp_path / "missing"
    place.mkdir()
    (place / "file").write_text("one")
    (place / "link").symlink_to("file")
    monkeypatch.chdir(place)

    done = perform(shell(KEEP, str(kept), *map(str, (*place.iterdir(), missing))), Here())

    assert (done.exit_code, done.err) == (0, "")
    there = Path(f"{kept}{place}")
    assert (there / "file").read_text() == "one"
    assert str((there / "link").readlink()) == "file"
    assert not Path(f"{kept}{missing}").exists()


def test_what_was_there_before_a_run_that_did_not_end_is_what_is_kept(tmp_path: Path) -> None:
    file, kept = tmp_path / "file", tmp_path / "kept"
    file.write_text("one")
    keep = shell(KEEP, str(kept), str(file))

    perform(keep, Here())
    file.write_text("two")
    done = perform(keep, Here())

    assert (done.exit_code, done.err) == (0, "")
    assert Path(f"{kept}{file}").read_text() == "one"

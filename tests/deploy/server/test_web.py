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

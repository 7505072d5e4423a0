"""What has just been started must go on running."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.onhost import steady
from tests.deploy.onhost.systemctl import program, runs, stand_in


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    stand_in(tmp_path, monkeypatch, "ActiveState", "SubState", "NRestarts", "Job")
    program(tmp_path / "journalctl", "#!/bin/sh\necho out of luck\n")
    return tmp_path


def look(states: Path, *lines: str) -> None:
    runs(states, "worker", *lines)
    steady.main({"units": ["worker"], "seconds": 0.3})


@pytest.mark.parametrize(
    "lines",
    [
        ["active running 0"],
        ["activating start 0", "active running 0"],
        ["inactive dead 0 17", "activating start 0 17", "active running 0 0"],
        ["deactivating stop-sigterm 0", "inactive dead 0", "active running 0"],
    ],
    ids=["runs", "begins", "is yet to begin", "finishes before it begins anew"],
)
def test_what_goes_on_is_well(states: Path, lines: list[str]) -> None:
    look(states, *lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["active running 0", "activating auto-restart 0"],
        ["active running 0", "active running 1"],
        ["failed failed 0"],
        ["inactive dead 0"],
        ["inactive dead 0 17", "inactive dead 0 0"],
    ],
    ids=["ended", "was started again", "failed", "never began", "was to begin"],
)
def test_what_does_not_is_told_with_what_it_said(states: Path, lines: list[str]) -> None:
    with pytest.raises(steady.Unsteady, match=r"worker did not go on running:\nout of luck"):
        look(states, *lines)

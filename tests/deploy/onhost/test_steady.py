"""What has just been started must go on running."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from deploy.onhost import steady

SYSTEMCTL = """\
#!/bin/sh
for unit; do :; done
count=$(cat "$STATES/$unit.count" 2>/dev/null || echo 1)
echo $((count + 1)) > "$STATES/$unit.count"
line=$(sed -n "${count}p" "$STATES/$unit")
set -- ${line:-$(tail -n 1 "$STATES/$unit")}
printf 'ActiveState=%s\\nSubState=%s\\nNRestarts=%s\\nJob=%s\\n' "$@"
"""


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have systemctl say, one after the other, the lines of the file named after a unit."""
    for name, text in (("systemctl", SYSTEMCTL), ("journalctl", "#!/bin/sh\necho out of luck\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("STATES", str(tmp_path))
    return tmp_path


def look(states: Path, *lines: str) -> None:
    (states / "worker").write_text("".join(f"{line}\n" for line in lines))
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

"""A systemctl that says of units what a test has them be, one look after the other."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

SAID = """\
#!/bin/sh
for unit; do :; done
look=$(cat "$STATES/$unit.look" 2>/dev/null || echo 1)
echo $((look + 1)) > "$STATES/$unit.look"
line=$(sed -n "${{look}}p" "$STATES/$unit")
set -- ${{line:-$(tail -n 1 "$STATES/$unit")}}
printf '{said}' "$@"
"""


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Have it in ``folder``, say these properties, and be what is found on PATH."""
    said = "".join(f"{name}=%s\\n" for name in names)
    program(folder / "systemctl", SAID.format(said=said))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("STATES", str(folder))


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(stat.S_IRWXU)


def runs(folder: Path, unit: str, *states: str) -> None:
    """Have a unit be so: the values with blanks between, for each look, the last for ever."""
    (folder / unit).write_text("".join(f"{state}\n" for state in states))

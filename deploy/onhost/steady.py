"""See that units which have just been started go on running."""

import subprocess
import time
from typing import Any

PAUSE_SECONDS = 0.1

LINES = 20
"""Of what a unit said before it ended."""


class Unsteady(Exception):
    """A unit ended, or was started again."""


def main(given: dict[str, Any]) -> None:
    """Return once all have run for ``seconds``; raises `Unsteady` as soon as one does not.

    One that still finishes what it began before is started afterwards, and not waited for.
    systemd gives up on one that begins for too long, so nothing is waited for without an end.
    """
    states = {unit: state(unit) for unit in given["units"]}
    wanted = [unit for unit, was in states.items() if was["ActiveState"] != "deactivating"]
    end = time.monotonic() + given["seconds"]
    while True:
        now = {unit: state(unit) for unit in wanted}
        for unit, one in now.items():
            if not goes_on(one):
                raise Unsteady(f"{unit} did not go on running:\n{said(unit)}")
        if any(begins(one) for one in now.values()):
            end = time.monotonic() + given["seconds"]
        elif time.monotonic() > end:
            return
        time.sleep(PAUSE_SECONDS)


def begins(state: dict[str, str]) -> bool:
    """Whether a unit is to run, and does not yet: a busy systemd may not even have begun."""
    queued = state.get("Job") not in (None, "", "0")
    return state["ActiveState"] == "activating" or (state["ActiveState"] == "inactive" and queued)


def goes_on(state: dict[str, str]) -> bool:
    return (
        (state["ActiveState"] == "active" or begins(state))
        and state["SubState"] != "auto-restart"
        and state["NRestarts"] == "0"
    )


def state(unit: str) -> dict[str, str]:
    words = ["systemctl", "show", "--property", "ActiveState,SubState,NRestarts,Job", "--", unit]
    lines = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)


def said(unit: str) -> str:
    """Return the last lines of a unit's log."""
    options = ["--lines", str(LINES), "--output", "cat", "--no-pager"]
    words = ["journalctl", "--unit", unit, *options]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout

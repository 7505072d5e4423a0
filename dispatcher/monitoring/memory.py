"""How much memory a process takes."""

from __future__ import annotations

from pathlib import Path


def pss(pid: int) -> int | None:
    """Return the bytes a process holds, what it shares counted in equal parts (proc(5)).

    None where that cannot be read: another's process, one that has just ended, no Linux.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), None)

"""Bring files of root's to what they should be."""

from __future__ import annotations

from deploy.acting.steps import Put, Run, Step, Steps
from deploy.server.look import State


def write(files: dict[str, str], found: State) -> Steps:
    """Write the files that are not as they should be."""
    return tuple(
        Step(f"write {path}", Put(path, text), undo=as_before(path, found.files.get(path)))
        for path, text in files.items()
        if found.files.get(path) != text
    )


def as_before(path: str, text: str | None) -> Put | Run:
    return Run("rm", "-f", path) if text is None else Put(path, text)

"""The programs of `deploy.onhost`, as the text that servers get."""

from __future__ import annotations

from importlib.resources import files


def source(name: str) -> str:
    """Return a program's text."""
    return (files("deploy") / "onhost" / f"{name}.py").read_text("utf-8")

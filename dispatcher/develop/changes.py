"""Which changed files make the site load anew?"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import cache_from_source
from pathlib import Path

SUFFIXES = frozenset({".py", ".toml", ".sql", ".json", ".yaml", ".yml", ".ini", ".cfg", ".mo"})
"""Code, and what code reads once. Templates and static files are read for each request."""

NOT_CODE = frozenset({"__pycache__", "instance", "node_modules", "static", "templates"})


def counts(path: Path) -> bool:
    """Whether the site loads anew when this file of a watched folder, named from there, changes.

    >>> [counts(Path("wiki") / name) for name in ("pages.py", ".#pages.py", "pages.py~")]
    [True, False, False]
    >>> counts(Path("wiki/static/wiki.json"))
    False
    """
    if path.suffix not in SUFFIXES or path.name.startswith((".", "#")):
        return False
    return NOT_CODE.isdisjoint(path.parts)


def forget(paths: Iterable[Path]) -> None:
    """Remove what Python compiled of the files.

    It is used as long as the file has its length and the second of its time (PEP 552),
    so that of two edits within one second the later would be lost.
    """
    for path in paths:
        if path.suffix == ".py":
            Path(cache_from_source(str(path))).unlink(missing_ok=True)

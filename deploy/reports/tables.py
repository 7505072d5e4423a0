"""How a table is printed, and the rows that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Rows = list[dict[str, Any]]


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, whole however narrow the terminal: what is shown can be copied."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("   ".join(cells).rstrip())

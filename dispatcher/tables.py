"""Tables for a terminal or a pipe: whole, however narrow it is."""

from collections.abc import Sequence

import click


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their headings. Nothing is cut or folded: what is shown can be clicked."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for number, row in enumerate((columns, *rows)):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.secho("   ".join(cells).rstrip(), bold=number == 0)

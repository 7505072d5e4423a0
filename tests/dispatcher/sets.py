"""Which headers are in which set: the table of docs/headers.md.

``python -m tests.dispatcher.sets`` writes it.
"""

from __future__ import annotations

from pathlib import Path

from dispatcher.registry.headers import MILD, NAMES, STRICT

PAGE_MD = Path(__file__).parents[2] / "docs" / "headers.md"
BEGIN = "<!-- made by `python -m tests.dispatcher.sets` -->"
END = "<!-- end of what it made -->"


def table() -> str:
    rows = [
        f"| `{name}` | {cell(STRICT.get(name))} | {cell(MILD.get(name))} |"
        for name in NAMES
        if name in STRICT or name in MILD
    ]
    return "\n".join(["| | `strict` | `mild` |", "|---|---|---|", *rows])


def cell(value: str | None) -> str:
    return f"`{value}`" if value else ""


def document() -> str:
    """Return docs/headers.md as it should be: the table is put into the text."""
    before, mark, after = PAGE_MD.read_text("utf-8").partition(BEGIN)
    _, end, rest = after.partition(END)
    return f"{before}{mark}\n{table()}\n{end}{rest}"


if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")

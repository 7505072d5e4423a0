"""How findings are shown: a word says what each is; colour, on a terminal, only repeats it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

COLOURS = {"ok": "green", "warn": "yellow", "wrong": "bold red"}
BEGIN = 2
"""Where details of a server begin, after its own line."""

WORD = 8
"""How wide the word is that says what a line tells."""


def worst(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return how a server is on the whole."""
    levels = [finding["level"] for finding in findings]
    return next((level for level in ("wrong", "warn") if level in levels), "ok")


def say(line: str, word: str = "", colour: str = "") -> None:
    """Print a line whole, however narrow the terminal; one word of it in a colour."""
    text = Text(line)
    if word:
        start = line.index(word)
        text.stylize(colour, start, start + len(word))
    Console(highlight=False, soft_wrap=True).print(text)


def detail(word: str, says: str) -> None:
    """Print what a word tells, wrapped to the width of the terminal."""
    indent = " " * (BEGIN + WORD)
    width = max(40, shutil.get_terminal_size().columns)
    first = f"{' ' * BEGIN}{word.ljust(WORD)}"
    lines = textwrap.wrap(
        f"{first}{says}",
        width,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
        drop_whitespace=True,
    )
    for number, line in enumerate(lines):
        say(line, *((word, COLOURS[word]) if number == 0 and word in COLOURS else ()))


def show(finding: Mapping[str, Any]) -> None:
    """Print a finding, and what to do in a line of its own, to be copied."""
    detail(finding["level"], finding["says"])
    if finding["todo"]:
        where = "run" if finding["todo"].startswith(("fab ", "git ")) else "there"
        say(f"{' ' * (BEGIN + WORD)}{where}: {finding['todo']}")

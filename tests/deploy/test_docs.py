"""Each command of `fab` that the pages tell people to type is one, with all it needs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.parser import Parser

import fabfile

ROOT = Path(__file__).parents[2]
TASKS = Collection.from_module(fabfile)
LINE = re.compile(r"^fab (?!--print-completion-script)([^#>\n]+)", re.MULTILINE)


def commands() -> list[object]:
    """Return each line that begins with fab, named by its page and line."""
    return [
        pytest.param(found[1].strip(), id=f"{page.name} line {text.count(chr(10), 0, at) + 1}")
        for page in sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
        for text in [page.read_text("utf-8")]
        for block in re.finditer(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        for found in LINE.finditer(block[1])
        for at in [block.start(1) + found.start()]
    ]


@pytest.mark.parametrize("command", commands())
def test_each_command_can_be_typed(command: str) -> None:
    parser = Parser(contexts=TASKS.to_contexts(ignore_unknown_help=False))

    (task,) = parser.parse_argv(shlex.split(command))

    assert task.name in TASKS.tasks
    assert [one.name for one in task.missing_positional_args] == []


def test_each_task_is_told_of() -> None:
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))
    pages += (ROOT / "README.md").read_text("utf-8")

    assert [name for name in TASKS.tasks if f"fab {name}" not in pages] == []

"""How does an app get into site.toml, and nothing else there change?"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from dispatcher.errors import DispatcherError
from dispatcher.registry.toml_lines import statements


class EntryError(DispatcherError):
    """There is no good place in the file for the app's table."""

    def __init__(self, path: Path, table: str) -> None:
        super().__init__(path, table)
        self.path, self.table = path, table

    def __str__(self) -> str:
        return f"{self.path}: its apps are not tables; write this one yourself:\n\n{self.table}"


def with_app(path: Path, text: str, name: str, values: Mapping[str, str]) -> str:
    """Return the text with a table for the app behind the others; raises `EntryError`.

    Every byte that was there stays where it is. tomlkit would move comments and blank
    lines, and takes dotted keys apart.
    """
    before = tomllib.loads(text)
    wanted = {**before, "apps": {**before.get("apps", {}), name: dict(values)}}
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    table = "".join(f"{line}{end}" for line in table_of(name, values))
    for place in (behind_apps(text), len(lines)):
        head, tail = "".join(lines[:place]), "".join(lines[place:])
        if head and not head.endswith("\n"):
            head += end
        gap = end if tail and not tail.startswith(("\n", "\r")) else ""
        result = f"{head}{end}{table}{gap}{tail}"
        if parsed(result) == wanted:
            return result
    raise EntryError(path, table)


def table_of(name: str, values: Mapping[str, str]) -> list[str]:
    """Return the lines of the table. A string of JSON is one of TOML, too."""
    return [f"[apps.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]


def parsed(text: str) -> Mapping[str, object] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def behind_apps(text: str) -> int:
    """Return how many lines there are up to the end of the last app, with its comments."""
    last, inside = 0, False
    for number, statement in statements(text):
        if statement.lstrip().startswith("["):
            inside = statement.lstrip(" [").startswith("apps")
        if inside:
            last = number - 1 + statement.count("\n")
    lines = text.splitlines()
    end = last
    while end < len(lines) and lines[end].lstrip().startswith("#"):
        end += 1
    # A comment right above a header is about what comes.
    return last if end < len(lines) and lines[end].strip() else end

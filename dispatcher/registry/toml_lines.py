"""On which line of a TOML text each key stands; tomllib does not say."""

import re
import tomllib
from collections.abc import Iterator, Mapping

Key = tuple[str, ...]

TOKEN = re.compile(
    r"""\"{3}(?:\\.|[^"\\]|"{1,2}(?!"))*+"{3,5} | '{3}(?:[^']|'{1,2}(?!'))*+'{3,5}"""
    r"""| "(?:\\.|[^"\\])*+" | '[^']*+' | \#[^\n]*+ | [][{}\n]""",
    re.DOTALL | re.VERBOSE,
)
"""What a bracket or the end of a line may be hidden in, and these themselves."""

BLANK = re.compile(r"[ \t\r\n]*(?:#.*)?\n", re.DOTALL)


def lines_of(text: str) -> dict[Key, int]:
    r"""Return the line (from 1) of every table and key of a well-formed TOML text.

    >>> lines_of('name = "yard"\n[apps.wiki]\npath = "/wiki"')[("apps", "wiki", "path")]
    3
    """
    found: dict[Key, int] = {}
    table: Key = ()
    for number, statement in statements(text):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = deepest(parsed)
            found.setdefault(table, number)
        else:
            for key in paths(parsed):
                found.setdefault(table + key, number)
    return found


def line_of(lines: Mapping[Key, int], key: Key) -> int | None:
    """Return the line of ``key``, or of the nearest table around it that has one."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each header and each ``key = value`` with its first line, values whole.

    In one pass: a text may be a stranger's, and a list in it as long as that.
    """
    text = f"{text}\n"
    line, begun, start, depth = 1, 1, 0, 0
    for token in TOKEN.finditer(text):
        piece = token[0]
        depth += (piece in ("[", "{")) - (piece in ("]", "}"))
        line += piece.count("\n")
        if piece == "\n" and depth == 0:
            statement = text[start : token.end()]
            if not BLANK.fullmatch(statement):
                yield begun, statement
            start, begun = token.end(), line


def deepest(parsed: Mapping[str, object]) -> Key:
    """Return the path of the one table that a header makes."""
    for name, value in parsed.items():
        inner = value[0] if isinstance(value, list) else value
        return (name, *(deepest(inner) if isinstance(inner, Mapping) else ()))
    return ()


def paths(parsed: Mapping[str, object]) -> Iterator[Key]:
    """Yield every key below ``parsed``, tables before what is in them."""
    for name, value in parsed.items():
        yield (name,)
        if isinstance(value, Mapping):
            yield from ((name, *key) for key in paths(value))

"""Words in braces that stand for what only the site knows: ``{prefix}``, ``{state}``, ..."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MOUNT = ("prefix", "host", "url")
"""Of an address: ``/wiki`` (or empty), ``example.org``, ``https://example.org/wiki``."""

KNOWN = (*MOUNT, "state", "secret")
"""... and of the app: the folder of its data, and its own secret to sign with."""

OWN = "secret:"
"""Begins one that stands for a secret that a person set, ``{secret:API_KEY}``."""

SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")


def used(value: object) -> set[str]:
    """Return the names of the placeholders in all strings of a TOML value.

    Raises `ValueError` saying what is wrong with a string's braces.

    >>> sorted(used({"root": "{state}/files", "urls": ["{url}/a", "{{a brace}}"]}))
    ['state', 'url']
    """
    return {name for text in strings(value) for name in names(text)}


def filled(value: Any, values: Mapping[str, Callable[[], str]]) -> Any:
    """Return a TOML value with its placeholders filled in; only those used are asked for.

    >>> filled(["{prefix}/static", "{{a brace}}", 3], {"prefix": lambda: "/wiki"})
    ['/wiki/static', '{a brace}', 3]
    """

    def stands_for(match: re.Match[str]) -> str:
        return match[0][0] if match["name"] is None else values[match["name"]]()

    match value:
        case str():
            return BRACES.sub(stands_for, value)
        case dict():
            return {key: filled(inner, values) for key, inner in value.items()}
        case list():
            return [filled(inner, values) for inner in value]
        case _:
            return value


def strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)


def names(text: str) -> Iterator[str]:
    for match in BRACES.finditer(text):
        if match[0] in ("{", "}"):
            raise ValueError("has a brace without its other; write {{ or }} for a brace")
        if match["name"] in KNOWN or is_secret(match["name"] or ""):
            yield match["name"]
        elif match["name"] is not None:
            raise ValueError(unknown(match["name"]))


def is_secret(name: str) -> bool:
    return name.startswith(OWN) and SECRET_NAME.fullmatch(name, len(OWN)) is not None


def unknown(name: str) -> str:
    if name.startswith(OWN):
        right = "a secret's name is of letters, digits and _, like {secret:API_KEY}"
        return f"has {{{name}}}, which cannot be; {right}"
    near = difflib.get_close_matches(name, KNOWN, 1)
    hint = f"did you mean {{{near[0]}}}? " if near else ""
    known = ", ".join(f"{{{one}}}" for one in (*KNOWN, f"{OWN}NAME"))
    return f"has {{{name}}}, which stands for nothing; {hint}there are {known}; {{{{ is a brace"

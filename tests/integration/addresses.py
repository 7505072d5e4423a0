"""The hosts and paths of `tests.integration.test_addresses` as the tables of docs/addresses.md.

``python -m tests.integration.addresses`` writes them.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from tests.integration.test_addresses import HOSTS, PATHS

PAGE_MD = Path(__file__).parents[2] / "docs" / "addresses.md"

LONG = 48


def written(text: str) -> str:
    """Return what was sent, as a person can read it."""
    if not text:
        return "(empty)"
    told = f" ({len(text):,} characters)" if len(text) > LONG else ""
    seen = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in (f"{text[:20]}…" if told else text)
    )
    return f"`{seen}`{told}"


def answered(wanted: object) -> str:
    match wanted:
        case int():
            return f"{wanted} {HTTPStatus(wanted).phrase}"
        case str():
            return f"{wanted}"
        case (str(name), str(script), str(path)):
            below = f" below `{script}`" if script else ""
            return f"{name}: {written(path)}{below}"
    raise TypeError(wanted)


def tables() -> str:
    hosts = [f"| {written(host)} | {answered(wanted)} |" for host, wanted in HOSTS.items()]
    paths = [f"| {written(path)} | {answered(wanted)} |" for path, wanted in PATHS.items()]
    return "\n".join(
        [
            *("| Host header | is answered by |", "|---|---|", *hosts, ""),
            *("| Request target | reaches which app as which path |", "|---|---|", *paths),
        ]
    )


def document() -> str:
    """Return docs/addresses.md as it should be."""
    before, mark, after = PAGE_MD.read_text("utf-8").partition(BEGIN)
    _, end, rest = after.partition(END)
    return f"{before}{mark}\n{tables()}\n{end}{rest}"


BEGIN = "<!-- made from the tests by `python -m tests.integration.addresses` -->"
END = "<!-- until here -->"

if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")

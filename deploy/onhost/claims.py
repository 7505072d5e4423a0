"""See that no other file of nginx answers for the host names of a release.

Where two do, nginx takes the first by the name of the file and only warns. Names that the site
answers for already stay its own; others' are theirs, and what their wildcards cover.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMENT = re.compile(r"(?m)(?:^|(?<=[\s;{}]))#.*$")
SERVER_NAME = re.compile(r"(?:^|(?<=[\s;{}]))server_name\s+([^;{}]*);")


class Taken(Exception):
    """A host name that somebody else has."""


def main(given: dict[str, Any]) -> None:
    """Compare what ``file`` answers for with what the files of ``others`` do, but ``own``."""
    own = Path(given["own"])
    new = set(names(Path(given["file"]))) - set(names(own))
    others = {
        name: path
        for folder in given["others"]
        for path in sorted(Path(folder).glob("*"))
        if path != own
        for name in names(path)
    }
    wild = [name for name in others if name.startswith((".", "*.")) or name.endswith(".*")]
    for host in sorted(new):
        if theirs := [name for name in (host, *wild) if name in others and covers(name, host)]:
            raise Taken(
                f"{host} is answered by {others[theirs[0]]} already; "
                "a host name of one server belongs to one site"
            )


def names(path: Path) -> Iterator[str]:
    """Yield the host names of a file, but regular expressions and those that nobody asks for."""
    try:
        text = COMMENT.sub("", path.read_text("utf-8", "replace"))
    except OSError:
        return
    for given in SERVER_NAME.findall(text):
        for word in given.split():
            name = word.strip("\"'").lower()
            if name not in ("", "_") and not name.startswith("~"):
                yield name


def covers(name: str, host: str) -> bool:
    """Whether a name of nginx's, with a wildcard perhaps, means a host, or a wildcard below it."""
    bare = host.removeprefix("*")
    return (
        name == host
        or (name.startswith("*.") and bare.endswith(name[1:]))
        or (name.startswith(".") and f".{bare.removeprefix('.')}".endswith(name))
        or (name.endswith(".*") and bare.startswith(name[:-1]))
    )


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except Taken as error:
        sys.exit(str(error))

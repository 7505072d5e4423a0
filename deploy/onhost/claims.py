"""See that no other file of nginx answers for the host names of a release.

Where two do, nginx takes the first by the name of the file and only warns. Names that the site
answers for already stay its own; others' are theirs, and what their wildcards cover. And since a
port speaks the PROXY protocol for all who listen there, all sites do or none.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMENT = re.compile(r"(?m)(?:^|(?<=[\s;{}]))#.*$")
SERVER_NAME = re.compile(r"(?:^|(?<=[\s;{}]))server_name\s+([^;{}]*);")


LISTEN = re.compile(r"(?:^|(?<=[\s;{}]))listen\s+(?:\*:|\[::\]:)?(\d+)(\s[^;{}]*)?;")
"""Where anybody may connect, and how; not at an address of the server's own."""

COMMON = "00-flaskyard"
"""What the files that all sites share begin with: they listen as the sites do."""


class Taken(Exception):
    """What somebody else has: a host name, or a way to be spoken to."""


def main(given: dict[str, Any]) -> None:
    """Compare what ``file`` answers for with what the files of ``others`` do, but ``own``."""
    own = Path(given["own"])
    new = set(names(Path(given["file"]))) - set(names(own))
    files = [path for one in given["others"] for path in sorted(Path(one).glob("*")) if path != own]
    one_way(Path(given["file"]), [path for path in files if not path.name.startswith(COMMON)])
    others = {name: path for path in files for name in names(path)}
    wild = [name for name in others if name.startswith((".", "*.")) or name.endswith(".*")]
    for host in sorted(new):
        if theirs := [name for name in (host, *wild) if name in others and covers(name, host)]:
            raise Taken(
                f"{host} is answered by {others[theirs[0]]} already; "
                "a host name of one server belongs to one site"
            )


def one_way(file: Path, others: "list[Path]") -> None:
    """See that nobody else listens in another way on the ports of a site."""
    own = ports(file)
    for path in others:
        for port, spoken in ports(path).items():
            if own.get(port, spoken) != spoken:
                who, other = (path, "this site") if spoken else ("this site", path)
                raise Taken(
                    f"on port {port} {who} speaks the PROXY protocol, and {other} does not: "
                    "all sites of one server have nginx.proxy_protocol, or none"
                )


def ports(path: Path) -> "dict[str, bool]":
    """Return whether a file has the PROXY protocol spoken, by port."""
    found: dict[str, bool] = {}
    for port, how in LISTEN.findall(text_of(path)):
        found[port] = found.get(port, False) or "proxy_protocol" in how.split()
    return found


def text_of(path: Path) -> str:
    """Return a file without its comments, nothing where it cannot be read."""
    try:
        return COMMENT.sub("", path.read_text("utf-8", "replace"))
    except OSError:
        return ""


def names(path: Path) -> Iterator[str]:
    """Yield the host names of a file, but regular expressions and those that nobody asks for."""
    for given in SERVER_NAME.findall(text_of(path)):
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

"""Let nginx hold as many connections as one app that hangs can keep, and more.

Each request that waits takes two of them. Of Debian's 768 a worker, less than four hundred such
requests took all, and the other apps of the server were answered with 500. Each connection takes a
file, and the logs and static files take theirs.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

CONNECTIONS, FILES = 16_384, 40_000
"""For each worker of nginx. A pool of two gevent workers lets in 2 x 1,000 requests, and 2,048
wait at its socket; who comes then is refused at once."""


def main(given: dict[str, Any]) -> None:
    """Write the file, whole or not at all, as nginx accepts it."""
    path = Path(given["path"])
    new = path.with_name(f".{path.name}.new")
    new.write_text(widened(path.read_text("utf-8")), "utf-8")
    new.chmod(0o644)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)


def widened(text: str) -> str:
    r"""Return the configuration with room enough; the same where it has that.

    >>> widened("events {\n\tworker_connections 768;\n}\n")
    'worker_rlimit_nofile 40000;\nevents {\n\tworker_connections 16384;\n}\n'
    """
    text = at_least("worker_connections", CONNECTIONS, text)
    if not re.search(r"(?m)^\s*worker_connections\s", text):
        text = re.sub(r"(?m)^(\s*events\s*\{)", rf"\1\n    worker_connections {CONNECTIONS};", text)
    text = at_least("worker_rlimit_nofile", FILES, text)
    if not re.search(r"(?m)^\s*worker_rlimit_nofile\s", text):
        text = f"worker_rlimit_nofile {FILES};\n{text}"
    return text


def at_least(name: str, least: int, text: str) -> str:
    """Return the text with what is set there raised."""

    def raised(found: re.Match[str]) -> str:
        return f"{found[1]}{max(least, int(found[2]))};"

    return re.sub(rf"(?m)^(\s*{name}\s+)(\d+);", raised, text)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

"""Say whose a folder is, with all that is below: the builder's, or root's.

What was the builder's may hold anything, and change while it is walked. So each folder is
entered through the one around it, never by a path, links are followed nowhere, and a folder is
root's before what is in it is looked at.
"""

import json
import os
import pwd
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OTHERS = 0o6022
"""What nothing of root's has in there: written by others, or run as its owner."""


class Strange(Exception):
    """Something in a folder that an installation does not have."""


def main(given: dict[str, Any]) -> None:
    """Do what ``do`` says with ``folder``: ``give`` its folders to ``user``, or ``take`` it all."""
    path = Path(given["folder"])
    try:
        with entered(path) as folder:
            if given["do"] == "give":
                give(folder, pwd.getpwnam(given["user"]).pw_uid)
            else:
                take(folder, path)
    except RecursionError:
        raise Strange(f"{path} has folders too deep in others") from None


def give(folder: int, user: int) -> None:
    """Give the folders to a user, the innermost first: what they are in is still root's then."""
    for name in os.listdir(folder):
        if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
            with entered(name, folder) as inner:
                give(inner, user)
    os.fchown(folder, user, -1)


def take(folder: int, path: Path) -> None:
    """Let it all be root's, and nobody else's to write; what is so already stays as it is."""
    mine(folder)
    for name in os.listdir(folder):
        kind = os.lstat(name, dir_fd=folder)
        if stat.S_ISDIR(kind.st_mode):
            with entered(name, folder) as inner:
                take(inner, path / name)
        elif stat.S_ISLNK(kind.st_mode):
            os.chown(name, 0, 0, dir_fd=folder, follow_symlinks=False)
        elif not stat.S_ISREG(kind.st_mode):
            raise Strange(f"{path / name} is neither a file, a folder nor a link")
        elif kind.st_uid:
            with opened(name, folder, os.O_NONBLOCK) as file:
                mine(file)


def mine(opened: int) -> None:
    """Let root have it, unless it does: then it may be linked from elsewhere."""
    state = os.fstat(opened)
    if state.st_uid:
        os.fchown(opened, 0, 0)
        os.fchmod(opened, stat.S_IMODE(state.st_mode) & ~OTHERS)


@contextmanager
def opened(name: "str | Path", around: "int | None", how: int) -> Iterator[int]:
    found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | how, dir_fd=around)
    try:
        yield found
    finally:
        os.close(found)


def entered(name: "str | Path", around: "int | None" = None) -> Any:
    return opened(name, around, os.O_DIRECTORY)


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except Strange as error:
        sys.exit(str(error))

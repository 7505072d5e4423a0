"""Who may change a lab, or build an image, at the moment?"""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.waiting import until


@contextlib.contextmanager
def held(path: Path, *, wait_seconds: float) -> Iterator[None]:
    """Hold a lock; whoever dies holding it lets it go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if not until(lambda: taken(file.fileno()), wait_seconds, pause_seconds=0.05):
            raise LabError(f"another lab command has held {path} for {wait_seconds:g} s")
        yield


def taken(file: int) -> bool:
    """Take the lock for ourselves, if nobody has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

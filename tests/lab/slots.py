"""Which lab is free? Programs at one time each take one of their own, by number.

A number is taken by a lock on a file, so that whoever dies gives it back. What
a dead one left behind is removed by the next.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.lab import locks, settings
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.lab.settings import MAX_NUMBER, Settings
from tests.lab.telling import Tell

FIRST = 100
"""Those below are for work by hand, and hold no lock while nobody types: never take one."""


@contextmanager
def free_lab(
    tell: Tell, first: int = FIRST, environ: Mapping[str, str] = os.environ
) -> Iterator[Lab]:
    """Have a lab to oneself, empty, and leave nothing of it."""
    with free_settings(environ, first) as own:
        lab = Lab(own, tell)
        empty(lab)
        try:
            yield lab
        finally:
            empty(lab)


def empty(lab: Lab) -> None:
    lab.down()
    shutil.rmtree(lab.settings.state)  # keys and snapshots


@contextmanager
def free_settings(environ: Mapping[str, str], first: int = FIRST) -> Iterator[Settings]:
    for number in range(first, MAX_NUMBER + 1):
        own = settings.numbered(number, environ)
        file = own.cache / "slots" / str(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as slot:
            if locks.taken(slot.fileno()):
                yield own
                return
    raise LabError(f"all labs from {first} to {MAX_NUMBER} are taken")

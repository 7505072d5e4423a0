"""Which image do new hosts get, and who uses one?

An image is called by a hash of what it is made from, and never changes: hosts
on an old one go on while a new one is built. Labs share them, so a host holds
a lock on its image for as long as it runs.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
from pathlib import Path

from tests.lab import locks, mounts, recipe
from tests.lab.errors import LabError
from tests.lab.settings import Settings

HELD_FD = 9
"""Where a supervisor keeps its lock open."""
NAME_LENGTH = 16
LOCK_SECONDS = 10


def name(settings: Settings) -> str:
    made_from = repr((settings.suite, recipe.PARTS))
    return hashlib.sha256(made_from.encode()).hexdigest()[:NAME_LENGTH]


def place(settings: Settings, image: str) -> Path:
    return settings.cache / "images" / image


def ready(settings: Settings) -> bool:
    return place(settings, name(settings)).exists()


def lock(image: Path) -> Path:
    return image.with_suffix(".lock")


def under_disk(settings: Settings, disk: Path) -> Path:
    """Return the image a disk was begun on, held from here on for this process."""
    note = disk / "image"
    if not note.exists():
        note.write_text(name(settings))
    image = place(settings, note.read_text())
    hold(image)
    if not image.exists():
        raise LabError(f"the disk was begun on image {image.name}, which is gone; run: lab down")
    return image


def hold(image: Path) -> None:
    """Share the image's lock until this process ends, whatever it becomes by then."""
    image.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(lock(image), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LabError(f"image {image.name} is being removed") from None
    os.dup2(file, HELD_FD, inheritable=True)


def remove(*images: Path) -> None:
    """Remove all of them, or none and raise if a host runs on one, of this lab or another."""
    with contextlib.ExitStack() as locked:
        for image in images:
            image.parent.mkdir(parents=True, exist_ok=True)
            file = locked.enter_context(lock(image).open("w"))
            if not locks.taken(file.fileno()):
                raise LabError(f"hosts are running on image {image.name}; run: lab down")
        for image in images:
            wipe(image)


def wipe(place: Path) -> None:
    """Remove a directory with all that may be mounted in it."""
    if place.exists():
        mounts.clear(place)
        shutil.rmtree(place)


def purge(settings: Settings) -> None:
    """Remove what is cached, or nothing and raise if an image is in use."""
    with locks.held(settings.cache / "lock", wait_seconds=LOCK_SECONDS):
        remove(*settings.cache.glob("images/*/"))
        shutil.rmtree(settings.cache / "debs", ignore_errors=True)

"""Which files changed? A process of its own asks the kernel, for that takes threads."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from dispatcher.develop.changes import counts

QUIET_SECONDS = 0.04
"""An editor that saves makes several events; the last of them is waited for."""

POLL_SECONDS = 0.5

KINDS = frozenset({"created", "modified", "deleted", "moved", "closed"})
"""Reading a file makes events, too."""

Changed = SimpleQueue[Path | None]


def watch(line: Connection, folder: Path, packages: Iterable[Path]) -> None:
    """Send the changed files of the folders along ``line`` until it ends.

    ``folder`` is the registry's, watched without what is below it, ``packages`` with it.
    More of both kinds, first the packages, may come along the line, and since when their
    files were read, in seconds since 1970.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who holds the other end
    changed: Changed = SimpleQueue()
    watched = Watched(changed)
    for package in packages:
        watched.add(package, recursive=True)
    watched.add(folder, recursive=False)
    Thread(target=add_those_of, args=(line, watched, changed), daemon=True).start()
    line.send(())
    while (paths := together(changed)) is not None:
        with suppress(OSError):  # the other end has gone; soon None comes
            line.send(tuple(paths))


def together(changed: Changed) -> set[Path] | None:
    """Return the next files that changed at about the same time, or None at the end."""
    paths: set[Path] = set()
    with suppress(Empty):
        while (path := changed.get(timeout=QUIET_SECONDS if paths else None)) is not None:
            paths.add(path)
        return None
    return paths


def add_those_of(line: Connection, watched: Watched, changed: Changed) -> None:
    with suppress(EOFError, OSError):
        while True:
            packages, folders, since = line.recv()
            for package in packages:
                watched.add(package, recursive=True, since=since)
            for folder in folders:
                watched.add(folder, recursive=False, since=since)
    changed.put(None)


class Watched:
    """Folders, each watched once."""

    def __init__(self, changed: Changed, observer: Callable[[], BaseObserver] = Observer) -> None:
        self.changed = changed
        self.folders: dict[Path, bool] = {}
        self.observer = observer()
        self.observer.start()

    def add(self, folder: Path, *, recursive: bool, since: float = math.inf) -> None:
        """Watch ``folder``, with those below it where ``recursive``.

        What was written there after ``since``, before anybody watched, counts as well.
        """
        folder = folder.resolve()
        above = (self.folders.get(parent) for parent in (folder, *folder.parents))
        if folder in self.folders or any(above) or not folder.is_dir():
            return
        self.folders[folder] = recursive
        try:
            self.schedule(folder)
        except OSError:  # the kernel watches only so many (inotify(7)): look at them instead
            self.observer.stop()
            self.observer = PollingObserver(timeout=POLL_SECONDS)
            self.observer.start()
            for known in self.folders:
                self.schedule(known)
        if since < math.inf:
            self.note_later(folder, since)

    def note_later(self, folder: Path, since: float) -> None:
        for path in folder.rglob("*") if self.folders[folder] else folder.iterdir():
            with suppress(OSError):  # it may be gone by now
                if counts(path.relative_to(folder)) and path.stat().st_mtime > since:
                    self.changed.put(path)

    def schedule(self, folder: Path) -> None:
        noted = Noted(folder, self.changed)
        self.observer.schedule(noted, str(folder), recursive=self.folders[folder])


class Noted(FileSystemEventHandler):
    """Put the files of one folder that count into a queue."""

    def __init__(self, folder: Path, changed: Changed) -> None:
        self.folder, self.changed = folder, changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note what the event is about, both names where a file was renamed."""
        if event.is_directory or event.event_type not in KINDS:
            return
        for name in filter(None, (event.src_path, event.dest_path)):
            path = Path(str(name))
            if path.is_relative_to(self.folder) and counts(path.relative_to(self.folder)):
                self.changed.put(path)

"""Who serves the files as they are now, and refuses no connection meanwhile?

A process that holds the listening socket and has loaded what is installed, but no app,
and has no thread. It forks the process that serves, and another whenever a file of an
app changes: an edit costs the import of the site's own code and nothing else.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

from dispatcher.develop.changes import forget
from dispatcher.develop.children import Child, fork
from dispatcher.develop.modules import OWN, Loaded
from dispatcher.develop.terminal import Terminal
from dispatcher.develop.watching import watch
from dispatcher.errors import DispatcherError

GRACE_SECONDS = 2
"""What an old process has for the requests it began."""

SHORT_SECONDS = 1
"""A process that ends by itself so soon would do it again."""

LOOK_SECONDS = 0.05

ALWAYS = ("jinja2", "werkzeug.debug", "flask")
"""Loaded before the first app asks for them."""


class WatchError(DispatcherError):
    """No change would be seen any more."""

    def __str__(self) -> str:
        return "the process that watches the files has ended; run the command again"


class Supervisor:
    """Keep one process serving."""

    def __init__(self, serve: Callable[[Connection], None], again: Callable[[], None]) -> None:
        """Take how to serve until something comes along a line, and how to begin anew.

        ``serve`` sends a `Loaded` along its line when the apps are. ``again`` is for changes
        of the dispatcher itself.
        """
        self.serve, self.again = serve, again
        self.wanted = deque(ALWAYS)
        self.leaving: dict[Child, float] = {}
        self.serving: Child | None = None
        self.started = 0.0
        self.folder = Path()
        self.terminal = Terminal()

    def run(self, folder: Path, packages: Iterable[Path]) -> None:
        """Serve until interrupted, watching the files in ``folder`` and below ``packages``."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.folder = folder
        while self.wanted:
            self.preload()
        self.watcher = fork(lambda line: watch(line, folder, packages))
        try:
            self.changed()  # it begins with an empty word: from now on no change is missed
            self.start()
            while True:
                self.step()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
        finally:
            self.stop()

    def step(self) -> None:
        """Do what is next: listen to who says something, or load a module."""
        lines = [child.line for child in (self.watcher, self.serving) if child]
        seconds = 0 if self.wanted else LOOK_SECONDS if self.leaving else None
        spoken = wait(lines, seconds)
        if self.watcher.line in spoken:
            self.change(self.changed())
        elif spoken:
            self.hear()
        elif self.wanted:
            self.preload()
        self.see_off()

    def start(self) -> None:
        """Have a new process serve."""
        self.started = time.monotonic()
        self.serving = fork(self.serve, (self.watcher, *self.leaving))

    def changed(self) -> Iterable[Path]:
        """Return which files the watcher says have changed; raises `WatchError` if it ended."""
        try:
            paths: Iterable[Path] = self.watcher.line.recv()
        except (EOFError, OSError):
            raise WatchError from None
        return paths

    def change(self, paths: Iterable[Path]) -> None:
        """Have a new process serve, while the old one finishes what it has begun."""
        tell(f"Changed: {', '.join(sorted(self.named(path) for path in paths))}")
        forget(paths)
        if self.serving is not None:
            self.dismiss(self.serving)
        if any(path.is_relative_to(OWN) for path in paths):
            self.stop()
            self.again()
        self.start()

    def hear(self) -> None:
        """Take in what the serving process has loaded, or that it ended by itself."""
        if self.serving is None:
            return
        try:
            news: Loaded = self.serving.line.recv()
        except (EOFError, OSError):
            self.lose(self.serving)
            return
        self.watcher.line.send((news.packages, news.folders, news.since))
        self.wanted.extend(name for name in news.installed if name not in sys.modules)

    def lose(self, child: Child) -> None:
        """Replace a process that ended by itself; say so."""
        self.serving = None
        child.line.close()
        status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        soon = time.monotonic() - self.started < SHORT_SECONDS
        next_ = "it is started again when a file changes" if soon else "it is started again"
        tell(f"The site's process ended with status {status}; {next_}.")
        if not soon:
            self.start()

    def named(self, path: Path) -> str:
        return str(path.relative_to(self.folder) if path.is_relative_to(self.folder) else path)

    def dismiss(self, child: Child) -> None:
        """Let a process serve no further request."""
        self.leaving[child] = time.monotonic() + GRACE_SECONDS
        with suppress(OSError):  # it has ended already
            child.line.send(None)

    def see_off(self) -> None:
        """Forget the processes that have ended, and end those that should have."""
        for child, deadline in list(self.leaving.items()):
            if child.has_ended():
                child.line.close()
                del self.leaving[child]
            elif time.monotonic() > deadline:
                os.kill(child.pid, signal.SIGKILL)
                self.terminal.restore()

    def stop(self) -> None:
        """End every process but this."""
        for child in (self.watcher, self.serving):
            if child is not None:
                child.line.close()
                self.leaving[child] = time.monotonic() + GRACE_SECONDS
        while self.leaving:
            self.see_off()
            time.sleep(LOOK_SECONDS / 5)
        self.terminal.restore()

    def preload(self) -> None:
        """Load a module that every process would load."""
        with suppress(Exception):
            importlib.import_module(self.wanted.popleft())


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201

"""What is typed or piped in here, for a command far away."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Semaphore, Thread
from types import FrameType
from typing import Any

from deploy.protocol.commands import AHEAD, LARGEST, Input, Said, Size, Terminal
from deploy.remote.reasons import LOST

Send = Callable[[Said], None]


def terminal() -> Terminal | None:
    """Return the terminal that somebody sits at here, if both what they type and see is there."""
    if not (os.isatty(0) and os.isatty(1)):
        return None
    try:
        return Terminal(kind=os.environ.get("TERM", "dumb"), size=size())
    except ValueError:  # as of a TERM that no terminal has
        return Terminal(size=size())


def size() -> Size:
    """Return how large it is; one that does not know is as one of old."""
    here = os.get_terminal_size(1)
    return Size(rows=here.lines or 24, columns=here.columns or 80)


class Typed:
    """Sends on what comes on stdin, never more ahead of its reader than may be on the way."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.room = Semaphore(AHEAD)
        self.resized, self.over = Event(), Event()
        self.waking, self.waker = os.pipe()
        os.set_blocking(self.waker, False)
        self.keys = False
        self.thread = Thread(target=self.read, daemon=True)

    def taken(self) -> None:
        """Know that a piece has arrived."""
        self.room.release()

    def read(self) -> None:
        """Send on until stdin ends, or there is nobody any more whom it would be for.

        A keyboard whose terminal is not the command's belongs to somebody else, as to a pager.
        """
        with suppress(*LOST):  # whoever waits for the answer is told
            if sys.stdin is None or (os.isatty(0) and not self.keys):
                self.say(Input(data=b""))
                return
            while not self.over.is_set():
                ready, _, _ = select.select([0, self.waking], [], [])
                if self.waking in ready:
                    os.read(self.waking, 100)
                    if self.resized.is_set():
                        self.resized.clear()
                        self.say(size())
                elif not self.piece():
                    return

    def piece(self) -> bool:
        """Send on what there is; whether that was not the end."""
        data = os.read(0, LARGEST)
        self.say(Input(data=b64encode(data)))
        return bool(data)

    def say(self, what: Said) -> None:
        while not self.room.acquire(timeout=0.5):
            if self.over.is_set():
                return
        self.send(what)

    def wake(self) -> None:
        with suppress(BlockingIOError):  # it will wake up anyway
            os.write(self.waker, b".")

    def resize(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's
        self.resized.set()
        self.wake()

    @contextmanager
    def nothing(self) -> Iterator[None]:
        """Say that there is nothing to read."""
        with suppress(*LOST):
            self.send(Input(data=b""))
        yield

    @contextmanager
    def on(self, *, terminal: bool) -> Iterator[None]:
        """Send on meanwhile. With ``terminal`` each key as it is pressed, Ctrl-C too.

        The terminal is as it was afterwards, whatever happens short of SIGKILL.
        """
        before: list[Any] = termios.tcgetattr(0) if terminal else []
        handlers = {}
        self.keys = terminal
        try:
            if terminal:
                tty.setraw(0)
                handlers[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, self.resize)
                handlers[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.default_int_handler)
            self.thread.start()
            yield
        finally:
            self.over.set()
            self.wake()
            if terminal:
                termios.tcsetattr(0, termios.TCSADRAIN, before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self.thread.join(1)

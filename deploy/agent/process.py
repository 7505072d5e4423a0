"""A process that somebody far away types to and reads from: through pipes, or in a terminal."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import subprocess
import termios
from collections.abc import Callable
from contextlib import suppress
from queue import Full, Queue
from threading import Lock, Thread
from typing import IO, Protocol

from deploy.protocol.commands import AHEAD, Input, Said, Size, Terminal

PIECE = 1 << 15

END = b"\x04"
"""What Ctrl-D types: the end of the input."""

Tell = Callable[[str, bytes], None]
"""Is told ``out`` or ``err``, and what was written there."""


class Process(Protocol):
    """What can be typed to and heard."""

    def put(self, data: bytes) -> None:
        """Let it read something, or where that is empty the end of all; wait for room."""

    def resize(self, size: Size) -> None: ...

    def hear(self, tell: Tell) -> int:
        """Tell what comes, until it ends; return its exit status."""

    def kill(self) -> None: ...


class Piped:
    """One whose input and outputs are pipes."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(argv, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe)
        self.typing = Lock()

    def put(self, data: bytes) -> None:
        source = self.process.stdin
        with self.typing, suppress(BrokenPipeError):  # it may read no more and go on all the same
            if source and not source.closed:
                written(source.fileno(), data)
                if not data:
                    source.close()

    def resize(self, size: Size) -> None:
        """Do nothing: pipes have no size."""

    def hear(self, tell: Tell) -> int:
        aside = Thread(target=pass_on, args=("err", self.process.stderr, tell), daemon=True)
        aside.start()
        pass_on("out", self.process.stdout, tell)
        aside.join()
        code = self.process.wait()
        self.put(b"")
        return code

    def kill(self) -> None:
        self.process.kill()


class InTerminal:
    """One in a terminal of its own, which systemd gives it: signals and sizes are as typed."""

    def __init__(self, run: tuple[str, ...], argv: tuple[str, ...], terminal: Terminal) -> None:
        self.master, self.slave = os.openpty()
        self.typing, self.ended = Lock(), False
        self.resize(terminal.size)
        given = (
            *("StandardInput=tty-force", "StandardOutput=tty", "StandardError=tty"),
            *(f"TTYPath={os.ttyname(self.slave)}", f"Environment=TERM={terminal.kind}"),
        )
        words = (*run, *(f"--property={one}" for one in given), *argv)
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(
            words, bufsize=0, stdin=nowhere, stdout=nowhere, stderr=subprocess.PIPE
        )

    def put(self, data: bytes) -> None:
        with self.typing, suppress(OSError):  # nobody has it any more
            if not self.ended:
                written(self.master, data or END)

    def resize(self, size: Size) -> None:
        """Let whatever runs in it know, as the kernel does (SIGWINCH, ioctl_tty(2))."""
        cells = struct.pack("HHHH", size.rows, size.columns, 0, 0)
        with self.typing:
            if not self.ended:
                fcntl.ioctl(self.master, termios.TIOCSWINSZ, cells)

    def hear(self, tell: Tell) -> int:
        aside = Thread(target=self.shown, args=(tell,), daemon=True)
        aside.start()
        pass_on("err", self.process.stderr, tell)  # of systemd alone: that it cannot be begun
        code = self.process.wait()
        os.close(self.slave)  # so that the other end ends, once all was read
        aside.join()
        with self.typing:  # what still waits to be typed fails now (n_tty_write of Linux)
            self.ended = True
            os.close(self.master)
        return code

    def shown(self, tell: Tell) -> None:
        try:
            while piece := os.read(self.master, PIECE):
                tell("out", piece)
        except OSError as error:
            if error.errno != errno.EIO:  # which is how a terminal says that nobody has it
                raise

    def kill(self) -> None:
        self.process.kill()


def pass_on(kind: str, source: IO[bytes] | None, tell: Tell) -> None:
    if source:
        with source:
            while piece := os.read(source.fileno(), PIECE):
                tell(kind, piece)


def written(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]


class Feeder:
    """Lets a process hear what comes for it, in a thread of its own: it may take its time."""

    def __init__(self, process: Process, taken: Callable[[], None]) -> None:
        """Call ``taken`` after each that was said."""
        self.process, self.taken = process, taken
        self.waiting: Queue[Said] = Queue(AHEAD)
        Thread(target=self.feed, daemon=True).start()

    def hear(self, said: Said) -> None:
        """Take in what was said; raises `OSError` for somebody who does not wait."""
        try:
            self.waiting.put_nowait(said)
        except Full:
            raise OSError(errno.ENOBUFS, "too much at once") from None

    def feed(self) -> None:
        with suppress(OSError):  # the client has gone
            while True:
                match self.waiting.get():
                    case Size() as size:
                        self.process.resize(size)
                    case Input(data=data):
                        self.process.put(data)
                self.taken()

"""What does a command write last? Heard until it ends, whoever else has its output open."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from typing import IO

KEPT_BYTES = 1 << 16
"""Of what a command writes: the end, which says why it failed. A build may write without end."""

PIPE_BYTES = 1 << 20
"""The most that a pipe holds (pipe(7))."""


def heard(
    process: subprocess.Popen[bytes], feed: bytes, seconds: float
) -> tuple[bool, bytes, bytes]:
    """Feed a process, whose streams are pipes, until it ends; whether it did in time.

    And return what it wrote last, to stdout and to stderr.
    """
    end = time.monotonic() + seconds
    writing, out, err = map(opened, (process.stdin, process.stdout, process.stderr))
    said = {out: b"", err: b""}
    over = os.pidfd_open(process.pid)
    ended = False
    with selectors.DefaultSelector() as ready:
        for source in (over, *said):
            ready.register(source, selectors.EVENT_READ)
        ready.register(writing, selectors.EVENT_WRITE)
        while not ended and (now := ready.select(max(0, end - time.monotonic()))):
            files = {key.fd for key, _ in now}
            ended = over in files
            if writing in files and not (feed := fed(writing, feed)):
                ready.unregister(writing)
                closed(process.stdin)
            for source in said if ended else said.keys() & files:
                piece = read(source)
                said[source] = (said[source] + (piece or b""))[-KEPT_BYTES:]
                if piece == b"" and not ended:
                    ready.unregister(source)
    os.close(over)
    return ended, said[out], said[err]


def opened(stream: IO[bytes] | None) -> int:
    """Return the descriptor of a stream, which from now on never makes anybody wait."""
    if stream is None:
        raise ValueError("a process is heard through pipes")
    os.set_blocking(stream.fileno(), False)
    return stream.fileno()


def closed(stream: IO[bytes] | None) -> None:
    if stream:
        stream.close()


def read(source: int) -> bytes | None:
    """Return all that is in a pipe; ``b""`` once nobody writes any more, None while one may."""
    try:
        return os.read(source, PIPE_BYTES)
    except BlockingIOError:
        return None


def fed(stdin: int, feed: bytes) -> bytes:
    """Write what fits; return the rest, which is nothing where nobody reads."""
    try:
        return feed[os.write(stdin, feed) :]
    except BrokenPipeError:
        return b""

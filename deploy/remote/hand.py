"""What acts on a server for as long as a connection lasts: `deploy.onhost.hand`, from here."""

from __future__ import annotations

import json
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any

from deploy.acting.machine import Outcome
from deploy.remote.programs import source
from deploy.remote.reasons import LOST

BEGIN = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
"""Have the program come over the connection, and go on with what comes after it."""

BEAT_SECONDS, MISSED_SECONDS = 10, 60
"""How often a server hears that somebody is there, and after how long it counts as gone."""

PIECE = 1 << 16
"""The most bytes of an answer that are taken at once."""

WORDS = ("python3", "-I", "-c", BEGIN, str(MISSED_SECONDS))


class Hand:
    """Has commands and programs done, each when the one before has ended."""

    def __init__(self, channel: Any) -> None:
        """Begin, on a channel on which `WORDS` have just been begun."""
        self.channel = channel
        self.sending = Lock()
        program = source("hand").encode()
        self.send(b"%d\n%s" % (len(program), program))
        self.ready = bool(self.line())
        """Whether it is there; if not, the channel's stderr and exit status say why."""
        self.ended = Event()
        if self.ready:
            Thread(target=beat, args=(self.ended, lambda: self.send(b"\n")), daemon=True).start()

    def ask(self, **what: Any) -> Outcome:
        """Have something done; raises one of `LOST` where the connection breaks."""
        self.send(json.dumps(what).encode() + b"\n")
        answer = self.line()
        if not answer.endswith(b"\n"):
            raise EOFError
        said = json.loads(answer)
        return Outcome(said["exit"], said["out"], said["err"])

    def line(self) -> bytes:
        """Return what is answered, to its newline: the next answer waits for a question.

        Paramiko's readline would look through all of it with every packet that comes.
        """
        pieces = [self.channel.recv(PIECE)]
        while pieces[-1] and not pieces[-1].endswith(b"\n"):
            pieces.append(self.channel.recv(PIECE))
        return b"".join(pieces)

    def send(self, line: bytes) -> None:
        with self.sending:
            self.channel.sendall(line)

    def close(self) -> None:
        """Let it end, once it has done what it is about."""
        self.ended.set()
        with suppress(*LOST):
            self.channel.close()


def beat(ended: Event, tell: Any) -> None:
    """Say that somebody is there, until nobody is or nobody can be told."""
    while not ended.wait(BEAT_SECONDS):
        try:
            tell()
        except LOST:
            return

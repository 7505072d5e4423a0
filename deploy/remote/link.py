"""A server's agent, from here: asked over one SSH channel, in lines of JSON."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from pydantic import BaseModel

from deploy.bundle import File
from deploy.errors import LostError, ReachError
from deploy.protocol.commands import Exec, Said
from deploy.protocol.data_words import Backup
from deploy.protocol.examined import Examined
from deploy.protocol.wire import ON_THE_WIRE
from deploy.protocol.words import (
    Attach,
    Begin,
    Examine,
    History,
    Intention,
    Last,
    Logs,
    Look,
    Order,
    Show,
    Take,
)
from deploy.remote.hand import beat
from deploy.remote.reasons import LOST
from deploy.remote.typed import Typed
from deploy.remote.written import Sink, Written
from deploy.server.look import State

UNKNOWN = "the agent does not take that"
"""What an agent says of a question that it does not know."""

PIECE = 1 << 18

HELLO_SECONDS = 60
"""How long an agent may take to say who it is: it first ends what was interrupted."""

MISSED = 4
"""So many beats of an agent that do not come are a connection that is lost."""

Record = dict[str, Any]


class Link:
    """Asks one server's agent; one question at a time, and orders at any time."""

    def __init__(
        self,
        name: str,
        channel: Any,
        refusal: Callable[[], ReachError],
        patience: float = HELLO_SECONDS,
    ) -> None:
        """Begin on a channel on which the relay was just started.

        ``refusal`` says why there is no agent. Raises `ReachError`, after ``patience``
        seconds where there is one that says nothing.
        """
        self.name, self.channel = name, channel
        self.sending, self.ended = Lock(), Event()
        self.answers: SimpleQueue[dict[str, Any] | ReachError] = SimpleQueue()
        self.tell: Callable[[Record | ReachError], None] = self.answers.put
        self.lines = lines(channel)
        channel.settimeout(patience)
        try:
            first = next(self.lines, b"")
        except TimeoutError as error:
            raise ReachError(name, "its agent does not answer; run: fab bootstrap") from error
        except LOST as error:
            raise self.lost(error) from error
        if not first:
            raise refusal()
        said = json.loads(first)
        if "error" in said:
            raise ReachError(name, said["error"])
        self.hello: dict[str, str] = said["hello"]
        channel.settimeout(MISSED * float(self.hello.get("beats", 0)) or None)
        Thread(target=self.read, daemon=True).start()
        Thread(target=beat, args=(self.ended, lambda: self.send(b"\n")), daemon=True).start()

    def look(self, registry: str = "", environment: str = "", server: str = "") -> State:
        """Return how the server is."""
        asked = Look(registry=registry, environment=environment, server=server)
        return State.model_validate(self.ask(asked))

    def examine(self, registry: str, environment: str, server: str = "") -> Examined:
        """Return all that is known of the server; of an older agent what that tells."""
        try:
            asked = Examine(registry=registry, environment=environment, server=server)
            told = self.ask(asked)
        except ReachError as error:
            if UNKNOWN not in error.reason:
                raise
            return Examined(state=self.look(registry, environment, server))
        return Examined.model_validate(told)

    def show(self, intention: Intention) -> dict[str, Any]:
        """Return what would be done, and which files that needs which are not there."""
        return dict(self.ask(Show(intention=intention)))

    def take(
        self, file: File, path: Path, sent: Callable[[int], None], *, private: bool = False
    ) -> None:
        """Bring a file; ``sent`` is told of the bytes as they go."""
        with self.sending:
            self.pass_on(line(Take(file=file, private=private)))
            with path.open("rb") as source:
                while piece := source.read(PIECE):
                    self.pass_on(piece)
                    sent(len(piece))
        self.answer()

    def pass_on(self, piece: bytes) -> None:
        """Send a part of what is asked; raises `LostError`."""
        try:
            self.channel.sendall(piece)
        except LOST as error:
            raise self.lost(error) from error

    def begin(self, intention: Intention) -> dict[str, Any]:
        """Have something done; each record of it is told to `tell` from then on.

        What the same run has begun already is not begun again, but told of.
        """
        return dict(self.ask(Begin(intention=intention)))

    def last(self) -> dict[str, Any] | None:
        """Return whose transaction goes on, or went on last, and how it is."""
        said = self.ask(Last())
        return dict(said) if said else None

    def attach(self, *, conduct: bool = True) -> int:
        """Be told of it from its beginning; return how many records there are already.

        With ``conduct``, what is ordered here counts before what others order; without, it
        does not count, and nobody is there for it.
        """
        return int(self.ask(Attach(conduct=conduct))["records"])

    def order(self, word: Any) -> None:
        """Let it go on, or take it back; the answer is a record."""
        with suppress(*LOST):  # who reads is told
            self.send(line(Order(order=word)))

    def history(self) -> dict[str, Any]:
        return dict(self.ask(History()))

    def logs(self, request: Logs, tell: Callable[[str], None]) -> None:
        """Tell each line as it comes."""
        self.tell = lambda record: tell(record["line"]) if isinstance(record, dict) else None
        self.ask(request)

    def execute(self, app: str, words: list[str], written: Mapping[str, Sink]) -> int:
        """Run a command that reads nothing; return its exit status.

        What it writes goes to ``out`` and ``err``.
        """
        return self.run(Exec(app=app, argv=tuple(words)), written, Typed(self.tell_it).nothing())

    def converse(self, request: Exec) -> int:
        """Run a command as if it ran here: its input and output are this process's own.

        To be called in the main thread. Returns its exit status.
        """
        typed = Typed(self.tell_it)
        keys = typed.on(terminal=request.terminal is not None)
        return self.run(request, Written.each(), keys, typed.taken)

    def run(
        self,
        request: Exec | Backup,
        written: Mapping[str, Sink],
        meanwhile: AbstractContextManager[None],
        taken: Callable[[], None] = lambda: None,
    ) -> int:
        def told(said: Record | ReachError) -> None:
            if isinstance(said, dict):
                for kind in written.keys() & said.keys():
                    written[kind].write(b64decode(said[kind]))
                if "taken" in said:
                    taken()

        self.tell = told
        self.say(request)
        with meanwhile:
            code = int(self.answer()["exit"])
        for one in written.values():
            one.end()
        return code

    def backup(self, pool: str, data: Sink, said: Sink) -> int:
        """Have the data of a pool packed into ``data``; return the exit status of who packs."""
        written = {"out": data, "err": said}
        return self.run(Backup(pool=pool), written, nullcontext())

    def tell_it(self, said: Said) -> None:
        """Tell something to the command that runs."""
        self.send(line(said))

    def ask(self, request: BaseModel) -> Any:
        """Return the answer; raises `ReachError` where there is none, or none that is one."""
        self.say(request)
        return self.answer()

    def say(self, request: BaseModel) -> None:
        with self.sending:
            self.pass_on(line(request))

    def answer(self) -> Any:
        said = self.answers.get()
        if isinstance(said, ReachError):
            self.answers.put(said)
            raise said
        if "error" in said:
            raise ReachError(self.name, said["error"])
        return said["answer"]

    def read(self) -> None:
        """Take in what the agent says, until the connection ends."""
        error: Exception = EOFError()
        try:
            for text in self.lines:
                said = json.loads(text) if text.strip() else {}
                if not said:  # only to say that somebody is there
                    continue
                if "record" in said:
                    self.tell(said["record"])
                elif said.keys() & {"line", "out", "err", "taken"}:
                    self.tell(said)
                else:
                    self.answers.put(said)
        except (*LOST, ValueError) as lost:
            error = lost
        end = self.lost(error)
        self.answers.put(end)
        if self.tell != self.answers.put:
            self.tell(end)

    def send(self, text: bytes) -> None:
        with self.sending:
            self.channel.sendall(text)

    def lost(self, error: Exception) -> LostError:
        return LostError(self.name, f"connection lost: {str(error) or 'no answer'}")

    def close(self) -> None:
        self.ended.set()
        with suppress(*LOST):
            self.channel.close()


def lines(channel: Any) -> Iterator[bytes]:
    """Yield the lines that come whole.

    Not by paramiko's own file: where that is left to the garbage collector, it may complain.
    """
    begun: list[bytes] = []
    while piece := channel.recv(PIECE):
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join((*begun, end, b"\n"))
            begun.clear()
        begun.append(rest)


def line(request: BaseModel) -> bytes:
    return request.model_dump_json(context=ON_THE_WIRE).encode() + b"\n"

"""An agent of a test's own, and clients that are connected to it over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from deploy.acting.machine import Here
from deploy.agent.conversation import BEAT_SECONDS, Conversation
from deploy.agent.transactions import Transactions
from deploy.errors import ReachError
from deploy.protocol.journal import Record
from deploy.protocol.words import Rotate
from deploy.remote.link import Link
from dispatcher.keys.derivation import Keys, Master
from tests.deploy.agent.there import There
from tests.deploy.sample import STAMP

OLD = Master("2026-11-19T12:00:00+00:00", b"o" * 32)
NEW = Master("2026-11-20T12:00:00+00:00", b"n" * 32)
KEY = Keys((NEW,)).text()
ROTATE = Rotate.model_validate({"key": KEY, "stamp": STAMP})
NAMES = ("web1", "web2", "web3")
OTHER_STAMP = STAMP.model_copy(update={"by": "bob@desk", "run": "f" * 16})


class Channel:
    """A socket with what `deploy.remote.link` wants of paramiko's channels."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.sendall = connection.sendall
        self.settimeout = connection.settimeout

    def recv(self, size: int) -> bytes:
        data = self.connection.recv(size)
        if not data:
            self.connection.close()
        return data

    def close(self) -> None:
        """Hang up; whoever still reads closes it, or would wait for another file of its number."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class Cut(Channel):
    """One that breaks once a request to begin has gone, or right before that."""

    def __init__(self, connection: socket.socket, *, before: bool) -> None:
        super().__init__(connection)
        self.sendall = self.send_last  # type: ignore[assignment]
        self.before = before

    def send_last(self, data: bytes) -> None:
        asked = b'"ask":"begin"' in data
        if not (asked and self.before):
            self.connection.sendall(data)
        if asked:
            self.connection.shutdown(socket.SHUT_RDWR)


class Server:
    """A server with master keys, and an agent that can rotate them."""

    def __init__(self, name: str, root: Path) -> None:
        self.name, self.at = name, There("yard", str(root))
        for folder in (self.at.store, self.at.secrets):
            Path(folder).mkdir(parents=True)
        Path(self.at.keys).write_text(Keys((OLD,)).text())
        self.restart()
        self.unreachable = False
        self.beats: float = BEAT_SECONDS
        self.threads: list[Thread] = []
        self.links: list[Link] = []

    def restart(self) -> None:
        """Know nothing any more of what was done."""
        self.transactions = Transactions(self.at, Here(), Path(self.at.records), Path(self.at.lock))

    def called(self) -> socket.socket:
        """Return the client's end of a new conversation."""
        here, there = socket.socketpair()
        one = Conversation(there, self.at, Here(), self.transactions, self.beats)
        self.threads.append(Thread(target=one.hold, args=({"site": "yard"},), daemon=True))
        self.threads[-1].start()
        return here

    def connect(self, channel: Callable[[socket.socket], Channel] = Channel) -> Link:
        def refusal() -> ReachError:
            return ReachError(self.name, "has no agent")

        if self.unreachable:
            raise ReachError(self.name, "does not answer")
        self.links.append(Link(self.name, channel(self.called()), refusal))
        return self.links[-1]

    @property
    def keys(self) -> tuple[Master, ...]:
        return Keys.of(Path(self.at.keys).read_text()).masters

    def break_(self) -> None:
        """Let rotating fail where it would become visible."""
        Path(f"{self.at.keys}.before").mkdir()

    def end(self) -> None:
        """Hang up, and wait until nothing goes on any more."""
        for link in self.links:
            link.close()
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()
        for link in self.links:
            link.channel.connection.close()
        self.transactions.free()


class Listener:
    """Hears the records of a link, and waits for those it is asked for."""

    def __init__(self, link: Link) -> None:
        self.records: list[Record] = []
        self.said: SimpleQueue[Record | ReachError] = SimpleQueue()
        link.tell = self.said.put

    def until(self, kind: str, **what: object) -> None:
        """Return once such a record came."""
        while True:
            record = self.said.get(timeout=20)
            assert not isinstance(record, ReachError), record
            self.records.append(record)
            if record["kind"] == kind and record.items() >= what.items():
                return
            if record["kind"] == "end":
                pytest.fail(f"no {kind}, {what}: {self.records}")


def begun(server: Server, intention: Rotate, *words: str) -> Link:
    """Have a server get as far as to where it waits for the last of the orders."""
    link = server.connect()
    heard = Listener(link)
    link.begin(intention)
    for word in words:
        heard.until("waits", order=word)
        if word != words[-1]:
            link.order(word)
    return link

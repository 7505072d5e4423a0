"""A server over SSH: the only user of Fabric's connections and of paramiko."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import paramiko
from fabric import Connection

from deploy.acting.machine import Outcome
from deploy.errors import ReachError
from deploy.remote.algorithms import WEAK
from deploy.remote.hand import MISSED_SECONDS, WORDS, Hand, beat
from deploy.remote.hostkeys import UnreadableKeys, trust
from deploy.remote.link import Link
from deploy.remote.programs import source
from deploy.remote.reasons import CONNECT_SECONDS, LOST, no_sudo, why
from dispatcher.registry.site import Server

HOLD = """{
    flock --nonblock 9 || { cat "$1"; exit 75; }
    echo "$2" > "$1"; echo locked
    while test -n "$(timeout "$3" head -c 1)"; do :; done
} 9>> "$1"
"""
"""Have a lock until whoever wants it hangs up, or has said nothing for a while."""

BUSY = 75
"""The exit status of ``HOLD`` where another process has the lock."""

SILENCE_SECONDS = 300
"""How long a command may say nothing before the server counts as lost."""

UNANSWERED_MS = 40_000
"""After how long without an answer of the server's kernel a connection counts as lost."""


class Remote:
    """A server, acted on as root through sudo.

    Host keys are checked against OpenSSH's known_hosts (ssh_config may name another) and
    the project's own ``known_hosts``; an unknown or wrong one raises `ReachError`.
    """

    def __init__(self, server: Server, config: Any, known_hosts: Path) -> None:
        """Connect. ``config`` is a Fabric config, and left as it is; its ssh_config counts."""
        self.name = server.name
        self.lock: paramiko.Channel | None = None
        self.hand: Hand | None = None
        self.connection = Connection(
            server.host,
            user=server.user,
            port=server.port,
            config=config.clone(),  # it changes that, while others connect
            connect_timeout=CONNECT_SECONDS,
            forward_agent=False,  # who is root there would have all the keys of who deploys
            connect_kwargs={
                **config.connect_kwargs,
                "disabled_algorithms": WEAK,
                "transport_factory": transport,
            },
        )
        try:
            trust(self.connection, known_hosts)
            self.connection.open()
        except (*LOST, UnreadableKeys) as error:
            raise ReachError(self.name, why(error, self.connection)) from error
        self.connection.transport.set_keepalive(15)

    @property
    def user(self) -> str:
        return str(self.connection.user)

    @property
    def address(self) -> str:
        """The address it was reached at; through a jump host, the name that host knows."""
        sock = self.connection.transport.sock
        return str(sock.getpeername()[0]) if isinstance(sock, socket.socket) else self.host

    @property
    def host(self) -> str:
        return str(self.connection.host)

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:
        """Run a command as root; raises `ReachError` where that is not possible."""
        self.refuse_lost_lock()
        if self.hand:
            return self.ask(self.hand, argv=argv, stdin=stdin)
        outcome = self.execute(sudo(argv), stdin.encode())
        self.refuse_no_sudo(outcome)
        return outcome

    def program(self, name: str, given: str) -> Outcome:
        """Run one of `deploy.onhost` as root; from then on, commands need no session each."""
        self.refuse_lost_lock()
        self.hand = self.hand or self.begun()
        return self.ask(self.hand, source=source(name), given=given)

    def link(self, relay: str) -> Link:
        """Begin to ask the server's agent; raises `ReachError` where that is not possible."""
        try:
            channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
            channel.exec_command(sudo((relay,)))
        except LOST as error:
            raise self.lost(error) from error

        def refusal() -> ReachError:
            err = channel.makefile_stderr("rb").read().decode("utf-8", "replace").strip()
            first = err.partition("\n")[0]
            if "command not found" in first or "password" in first or not first:
                first = "has no agent for this site yet"
            return ReachError(self.name, f"{first}; run: fab bootstrap")

        return Link(self.name, channel, refusal)

    def begun(self) -> Hand:
        """Begin what does all that is still to come; raises `ReachError`."""
        try:
            channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
            channel.settimeout(SILENCE_SECONDS)
            channel.exec_command(sudo(WORDS))
            hand = Hand(channel)
            if hand.ready:
                return hand
            err = channel.makefile_stderr("rb").read().decode("utf-8", "replace")
            outcome = Outcome(channel.recv_exit_status(), "", err)
        except LOST as error:
            raise self.lost(error) from error
        self.refuse_no_sudo(outcome)
        raise ReachError(self.name, f"cannot be worked on: {err.strip() or 'it hung up'}")

    def ask(self, hand: Hand, **what: Any) -> Outcome:
        try:
            return hand.ask(**what)
        except LOST as error:
            raise self.lost(error) from error

    def refuse_lost_lock(self) -> None:
        """Raise `ReachError` where the server has given the lock back."""
        if self.lock and self.lock.exit_status_ready() and self.connection.transport.is_active():
            raise ReachError(self.name, "was silent for so long that the lock on it is lost")

    def execute(self, command: str, stdin: bytes = b"") -> Outcome:
        """Run a shell command as the SSH user."""
        try:
            channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
            with channel:
                channel.settimeout(SILENCE_SECONDS)
                channel.exec_command(command)
                channel.sendall(stdin)
                channel.shutdown_write()
                out = channel.makefile("rb").read().decode("utf-8", "replace")
                err = channel.makefile_stderr("rb").read().decode("utf-8", "replace")
                status = channel.recv_exit_status()
        except LOST as error:
            raise self.lost(error) from error
        if status == -1:  # paramiko's word for none
            raise self.lost(EOFError())
        return Outcome(status, out, err)

    def upload(self, path: Path, target: str) -> None:
        """Copy a file, as root."""
        self.refuse_lost_lock()
        write = ("dd", "bs=1M", "status=none", f"of={target}")
        outcome = self.execute(sudo(write), path.read_bytes())
        self.refuse_no_sudo(outcome)
        if outcome.exit_code:
            raise ReachError(self.name, f"cannot upload {path.name}: {outcome.err.strip()}")

    @contextmanager
    def locked(self, path: str, who: str) -> Iterator[None]:
        """Hold the lock at ``path``, for as long as this connection lives at most.

        Raises `ReachError` naming the holder where somebody else has it. It is given back
        when the holder ends or its network does, so nobody ever unlocks by hand.
        """
        try:
            channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
            hold = ("sh", "-c", HOLD, "sh", path, who, str(MISSED_SECONDS))
            channel.exec_command(sudo(hold))
            answer = channel.makefile("rb").readline().decode("utf-8", "replace").strip()
            if answer != "locked":
                self.refuse_lock(channel, answer)
        except LOST as error:
            raise self.lost(error) from error
        ended = Event()
        Thread(target=beat, args=(ended, lambda: channel.sendall(b".")), daemon=True).start()
        with channel:
            self.lock = channel
            try:
                yield
            finally:
                ended.set()
                self.lock = None

    def refuse_lock(self, channel: paramiko.Channel, answer: str) -> None:
        """Raise `ReachError` saying who has the lock, or why there is no asking."""
        err = channel.makefile_stderr("rb").read().decode("utf-8", "replace")
        outcome = Outcome(channel.recv_exit_status(), answer, err)
        self.refuse_no_sudo(outcome)
        if outcome.exit_code == BUSY:
            holder = answer or "an unknown process"
            raise ReachError(self.name, f"is being changed by {holder}; try again later")
        raise ReachError(self.name, f"cannot be locked: {err.strip() or answer}")

    def refuse_no_sudo(self, outcome: Outcome) -> None:
        """Raise `ReachError` where it was sudo that failed."""
        if reason := no_sudo(self.user, outcome):
            raise ReachError(self.name, reason)

    def lost(self, error: Exception) -> ReachError:
        return ReachError(self.name, f"connection lost: {str(error) or 'no answer'}")

    def close(self) -> None:
        """End the connection, and with it any lock."""
        if self.hand:
            self.hand.close()
        self.connection.close()


def transport(sock: Any, **options: Any) -> paramiko.Transport:
    """Make a transport on a connection, and have that hold up nothing that is short.

    Nagle's algorithm would have each command wait for an answer to the one before, and so would
    the exchange of keys; hence it is told before that begins.
    """
    if isinstance(sock, socket.socket):  # not so through a jump host
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)
    return paramiko.Transport(sock, **options)


def sudo(argv: tuple[str, ...]) -> str:
    """Return the line for the SSH user's shell; messages are not translated."""
    return f"env LC_ALL=C.UTF-8 sudo -n -- {shlex.join(argv)}"


def host_key(server: Server, config: Any) -> tuple[str, paramiko.PKey]:
    """Ask a server for its host key, trusting nothing; return its known_hosts name and the key."""
    connection = Connection(server.host, user=server.user, port=server.port, config=config)
    name, port = str(connection.host), int(connection.port)
    try:
        with socket.create_connection((name, port), CONNECT_SECONDS) as sock:
            asking = transport(sock, disabled_algorithms=WEAK)
            try:
                asking.start_client(timeout=CONNECT_SECONDS)
                key = asking.get_remote_server_key()
            finally:
                asking.close()
    except LOST as error:
        raise ReachError(server.name, why(error, connection)) from error
    return (name if port == 22 else f"[{name}]:{port}"), key

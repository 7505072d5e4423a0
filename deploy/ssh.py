"""A server over SSH: the only user of Fabric's connections and of paramiko."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
from fabric import Connection

from deploy.errors import ReachError
from deploy.machine import Outcome
from dispatcher.site import Server

CONNECT_SECONDS = 10
HOLD = """{
    flock --nonblock 9 || { cat "$1"; exit 75; }
    echo "$2" > "$1"; echo locked; cat > /dev/null
} 9>> "$1"
"""
SILENCE_SECONDS = 300
"""How long a command may say nothing before the server counts as lost."""


class Remote:
    """A server, acted on as root through sudo.

    Host keys are checked against OpenSSH's known_hosts (ssh_config may name another) and
    the project's own ``known_hosts``; an unknown or wrong one raises `ReachError`.
    """

    def __init__(self, server: Server, config: Any, known_hosts: Path) -> None:
        """Connect. ``config`` is a Fabric config; its ssh_config counts."""
        self.name = server.name
        self.connection = Connection(
            server.host,
            user=server.user,
            port=server.port,
            config=config,
            connect_timeout=CONNECT_SECONDS,
        )
        trust(self.connection, known_hosts)
        try:
            self.connection.open()
        except (paramiko.SSHException, OSError) as error:
            raise ReachError(self.name, why(error, self.connection)) from error
        transport = self.connection.transport
        # Commands are short exchanges: with Nagle's algorithm each waits for an acknowledgement.
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_keepalive(15)

    @property
    def user(self) -> str:
        return str(self.connection.user)

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:
        """Run a command as root; raises `ReachError` where the connection is lost."""
        return self.execute(f"sudo -n -- {shlex.join(argv)}", stdin)

    def execute(self, command: str, stdin: str = "") -> Outcome:
        """Run a shell command as the SSH user."""
        try:
            channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
            with channel:
                channel.settimeout(SILENCE_SECONDS)
                channel.exec_command(command)
                channel.sendall(stdin.encode())
                channel.shutdown_write()
                out = channel.makefile("rb").read().decode("utf-8", "replace")
                err = channel.makefile_stderr("rb").read().decode("utf-8", "replace")
                return Outcome(channel.recv_exit_status(), out, err)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise ReachError(self.name, f"connection lost: {error or 'no answer'}") from error

    def stream(self, argv: tuple[str, ...], tell: Callable[[str], None]) -> None:
        """Run a command as root and tell each line as it comes, until it ends."""
        channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
        with channel:
            channel.set_combine_stderr(True)
            channel.exec_command(f"sudo -n -- {shlex.join(argv)}")
            for line in channel.makefile("r", encoding="utf-8", errors="replace"):
                tell(line.rstrip("\n"))

    def upload(self, source: Path, target: str) -> None:
        """Copy a file as the SSH user."""
        try:
            self.connection.sftp().put(str(source), target)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise ReachError(self.name, f"cannot upload {source.name}: {error}") from error

    @contextmanager
    def locked(self, path: str, who: str) -> Iterator[None]:
        """Hold the lock at ``path``, for as long as this connection lives at most.

        Raises `ReachError` naming the holder where somebody else has it. The kernel
        gives it back when the holder ends, so nobody ever unlocks by hand.
        """
        words = shlex.join(["sh", "-c", HOLD, "sh", path, who])
        channel = self.connection.transport.open_session(timeout=CONNECT_SECONDS)
        with channel:
            channel.exec_command(f"sudo -n -- {words}")
            answer = channel.makefile("rb").readline().decode().strip()
            if answer != "locked":
                holder = answer or "an unknown process"
                raise ReachError(self.name, f"is being changed by {holder}; try again later")
            yield

    def close(self) -> None:
        """End the connection, and with it any lock."""
        self.connection.close()


def trust(connection: Any, known_hosts: Path) -> None:
    """Accept only host keys that are known; Fabric's default accepts any."""
    client = connection.client
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    named = connection.ssh_config.get("userknownhostsfile", "").split()
    client.load_system_host_keys(None)
    for path in (*(Path(name).expanduser() for name in named), known_hosts):
        if path.is_file():
            client.load_host_keys(str(path))


def why(error: Exception, connection: Any) -> str:
    """Say why there is no connection, and what to do."""
    there = f"{connection.user}@{connection.host}:{connection.port}"
    match error:
        case paramiko.BadHostKeyException():
            found, known = (fingerprint(key) for key in (error.key, error.expected_key))
            return (
                f"{there} shows the host key {found}, but {known} is known: another machine may "
                "answer in its name. If the server was made anew, remove its line from known_hosts"
            )
        case paramiko.AuthenticationException():
            return f"{there} does not accept your SSH key; is it in authorized_keys there?"
        case paramiko.SSHException() if "not found in known_hosts" in str(error):
            return f"the host key of {there} is not known; run: fab trust"
        case socket.gaierror():
            return f"the name {connection.host} cannot be resolved"
        case TimeoutError():
            return f"{there} does not answer within {CONNECT_SECONDS} s"
        case _:
            return f"cannot connect to {there}: {error}"


def fingerprint(key: paramiko.PKey) -> str:
    """Return a key's fingerprint as `ssh-keygen -l` prints it."""
    return key.fingerprint


def host_key(server: Server, config: Any) -> tuple[str, paramiko.PKey]:
    """Ask a server for its host key, trusting nothing; return its known_hosts name and the key."""
    connection = Connection(server.host, user=server.user, port=server.port, config=config)
    name, port = str(connection.host), int(connection.port)
    try:
        with socket.create_connection((name, port), CONNECT_SECONDS) as sock:
            transport = paramiko.Transport(sock)
            try:
                transport.start_client(timeout=CONNECT_SECONDS)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except (paramiko.SSHException, OSError) as error:
        raise ReachError(server.name, why(error, connection)) from error
    return (name if port == 22 else f"[{name}]:{port}"), key


def pinned(known_hosts: Path, name: str, key: paramiko.PKey) -> bool:
    """Whether the project's known_hosts has the key for that name."""
    keys = paramiko.HostKeys()
    if known_hosts.is_file():
        keys.load(str(known_hosts))
    return bool(keys.check(name, key))


def pin(known_hosts: Path, name: str, key: paramiko.PKey) -> None:
    """Add a host key to the project's known_hosts."""
    with known_hosts.open("a") as file:
        file.write(f"{name} {key.get_name()} {key.get_base64()}\n")

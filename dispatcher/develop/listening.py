"""Which socket does the site listen on, and with TLS or without, or why can it not?"""

from __future__ import annotations

import errno
import os
import socket
import ssl
import sys
from pathlib import Path

from dispatcher.errors import DispatcherError

BACKLOG = 128
"""Connections that wait while a new server process comes up."""

HANDED_ON = "DISPATCHER_LISTENING"
"""Names a file descriptor in the environment: of a socket that listens already."""


class PortError(DispatcherError):
    """Nothing can listen there."""

    def __init__(self, host: str, port: int, reason: str, advice: str) -> None:
        super().__init__(host, port, reason, advice)
        self.host, self.port, self.reason, self.advice = host, port, reason, advice

    def __str__(self) -> str:
        return f"cannot listen on {self.host} port {self.port}: {self.reason}; {self.advice}"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at ``host`` and ``port``; raises `PortError`.

    It does not block: two processes may look at it, and only one gets the connection.
    """
    if HANDED_ON in os.environ:
        return socket.socket(fileno=int(os.environ.pop(HANDED_ON)))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise PortError(host, port, *explained(error)) from None
    listening.setblocking(False)
    return listening


def speaking(file: Path) -> ssl.SSLContext:
    """Return how to speak TLS with the key and certificate in ``file``."""
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    result.load_cert_chain(file)
    return result


def hand_on(listening: socket.socket) -> None:
    """Run this very command again from its start, on the same socket. It does not return."""
    listening.set_inheritable(True)
    environ = {**os.environ, HANDED_ON: str(listening.fileno())}
    os.execve(sys.executable, sys.orig_argv, environ)  # noqa: S606 - no shell wanted


def explained(error: OSError) -> tuple[str, str]:
    """Return in words why a port cannot be had, and what to do about it."""
    if isinstance(error, socket.gaierror):
        return "there is no such address", "take another with --host"
    match error.errno:
        case errno.EADDRINUSE:
            return "it is in use", "stop what uses it, or take another with --port"
        case errno.EACCES:
            return "that needs root", "take one above 1023 with --port"
        case _:
            return str(error.strerror or error).lower(), "take another with --host"

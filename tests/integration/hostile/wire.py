"""Bytes go out as they are; what comes back is read until the server closes."""

from __future__ import annotations

import re
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.integration.hostile.case import Case, Pause

LIMIT_SECONDS = 20
"""However a case goes on, the server must have ended it by then, even on a busy machine."""

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a connection."""

    answers: tuple[int, ...]
    size: int = 0
    hangs: bool = False


def ended(case: Case, client: str, port: int) -> Ended:
    """Carry a case out as ``client``."""
    with socket.socket() as connection:
        if not case.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(LIMIT_SECONDS)
        connection.bind((client, 0))
        connection.connect(("127.0.0.1", port))
        # A server that refuses what it has not read yet may hang up on who still sends.
        with suppress(ConnectionError):
            send(case, connection)
        if case.leaves:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return Ended(())
        back, hangs = bytearray(), not case.reads and is_waited_for(connection)
        try:
            while got := connection.recv(1 << 16):
                back += got
        except ConnectionError:
            pass
        except TimeoutError:
            hangs = True
    return Ended(tuple(int(status) for status in STATUS.findall(back)), len(back), hangs)


def send(case: Case, connection: socket.socket) -> None:
    for part in case.sends:
        if isinstance(part, Pause):
            time.sleep(part.seconds)
        else:
            connection.sendall(part)


def is_waited_for(connection: socket.socket) -> bool:
    """Read nothing, and say whether the server bears that for ever."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while state(connection) == ESTABLISHED:
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False


def state(connection: socket.socket) -> int:
    """Return what the kernel calls the connection: the first byte of TCP_INFO (tcp(7))."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


ESTABLISHED = 1
RESET = struct.pack("ii", 1, 0)
"""Linger for no time: the connection ends with RST (socket(7))."""

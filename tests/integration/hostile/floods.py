"""Connections of HTTP/2 that want more than one may have, or hold what they have for ever."""

from __future__ import annotations

import select
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from tests.integration.hostile.http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFACE,
    RESET,
    SETTINGS,
    asked,
    connected,
    frame,
    literal,
    status,
)
from tests.integration.hostile.wire import LIMIT_SECONDS

PRIORITY, PING, WINDOW_UPDATE = 2, 6, 8
CANCEL = struct.pack(">I", 8)
NO_WINDOW = struct.pack(">HI", 4, 0)
"""SETTINGS_INITIAL_WINDOW_SIZE is 0 (RFC 9113, section 6.5.2)."""


@dataclass(frozen=True, slots=True)
class Flood:
    """One connection."""

    sends: Callable[[], Iterator[bytes]]
    """What is sent, piece by piece, for as long as it is taken."""

    statuses: frozenset[int] = frozenset()
    """What may be answered; whatever else is asked for is reset, or ends with the connection."""

    most: int = 0
    """So many requests reach an app at most."""

    size: int = 1 << 20
    """So many bytes come back at most."""

    why: str = ""
    """Where it may astonish."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came back."""

    statuses: frozenset[int]
    size: int
    hangs: bool


def block(*fields: tuple[str, str]) -> bytes:
    """Return fields as HPACK has them, none of which is to be remembered."""
    return b"".join(b"\0" + literal(name) + literal(value) for name, value in fields)


def headers(stream: int, path: str, *, method: str = "GET", ends: bool = True) -> bytes:
    flags = END_HEADERS | (END_STREAM if ends else 0)
    return frame(HEADERS, flags, stream, block(*asked(path=path, method=method)))


def streams() -> Iterator[int]:
    return count(1, 2)


def rapid_reset() -> Iterator[bytes]:
    for _, stream in zip(range(20_000), streams(), strict=False):
        yield headers(stream, f"/x/{stream}") + frame(RESET, 0, stream, CANCEL)


def bodies_without_end() -> Iterator[bytes]:
    for _, stream in zip(range(400), streams(), strict=False):
        yield headers(stream, f"/x/{stream}", method="POST", ends=False)
        yield frame(DATA, 0, stream, b"hello")


def continuations(payload: bytes) -> Callable[[], Iterator[bytes]]:
    def sends() -> Iterator[bytes]:
        yield frame(HEADERS, END_STREAM, 1, block(*asked()))
        while True:
            yield frame(CONTINUATION, 0, 1, payload)

    return sends


def hpack_bomb() -> Iterator[bytes]:
    """Have a header of 4 kB remembered, and call it by one byte, again and again."""
    remembered = b"\x40" + literal("x") + literal("a" * 4000)
    for stream in streams():
        yield frame(
            HEADERS, END_HEADERS | END_STREAM, stream, block(*asked()) + remembered + b"\xbe" * 8000
        )


def readers(path: str, number: int) -> Callable[[], Iterator[bytes]]:
    """Have so many take nothing of what is answered."""

    def sends() -> Iterator[bytes]:
        yield frame(SETTINGS, 0, 0, NO_WINDOW)
        for _, stream in zip(range(number), streams(), strict=False):
            yield headers(stream, f"{path}/{stream}/long")

    return sends


def endless(kind: int, stream: int, payload: bytes) -> Callable[[], Iterator[bytes]]:
    def sends() -> Iterator[bytes]:
        while True:
            yield frame(kind, 0, stream, payload)

    return sends


def empty_data() -> Iterator[bytes]:
    yield headers(1, "/x/1", method="POST", ends=False)
    while True:
        yield frame(DATA, 0, 1, b"")


FLOODS: dict[str, Flood] = {
    "20,000 requests, each reset at once (rapid reset, CVE-2023-44487)": Flood(
        rapid_reset,
        frozenset({429}),
        most=250,
        why="after 1,000; as many reach the app as `per_second` lets through",
    ),
    "400 requests at once whose bodies do not end": Flood(
        bodies_without_end, frozenset({429}), why="128 at most are taken, and time out"
    ),
    "CONTINUATION without an end, empty": Flood(continuations(b"")),
    "CONTINUATION without an end, each with a header": Flood(
        continuations(block(("x", "1"))), frozenset({431})
    ),
    "a header of 4 kB that is named 8,000 times, in one byte each (HPACK bomb)": Flood(hpack_bomb),
    "20 readers of 16 MB whose window stays 0": Flood(
        readers("/x", 20), frozenset({200}), most=20, why="cut off; the app was done long before"
    ),
    "3 of them, passed on as it comes": Flood(
        readers("/stream/x", 3), frozenset({200}), most=3, why="cut off; until then, the app waits"
    ),
    "PING without an end": Flood(endless(PING, 0, bytes(8)), size=1 << 23),
    "SETTINGS without an end": Flood(endless(SETTINGS, 0, NO_WINDOW), size=1 << 23),
    "PRIORITY without an end": Flood(endless(PRIORITY, 1, struct.pack(">IB", 0, 1))),
    "WINDOW_UPDATE without an end": Flood(endless(WINDOW_UPDATE, 0, struct.pack(">I", 1))),
    "empty DATA without an end": Flood(empty_data),
}
"""By what is sent over TLS, in a handshake for example.org."""


def came_of(flood: Flood, client: str, port: int) -> Came:
    """Send it, read what comes, and return once the server has ended the connection."""
    with connected(client, port) as connection:
        connection.setblocking(False)
        parts, out = flood.sends(), bytearray(PREFACE + frame(SETTINGS, 0, 0, b""))
        back, deadline = bytearray(), time.monotonic() + LIMIT_SECONDS
        while (hangs := time.monotonic() > deadline) is False:
            while len(out) < 1 << 16 and (part := next(parts, None)):
                out += part
            try:
                got, sent = received(connection), written(connection, out)
            except (ConnectionError, ssl.SSLError):
                break
            if got == b"":
                break
            back += got or b""
            del out[:sent]
            if not got and not sent:
                select.select([connection], [connection] if out else [], [], 0.1)
    return Came(frozenset(statuses(bytes(back))), len(back), hangs)


def received(connection: ssl.SSLSocket) -> bytes | None:
    """Return what is there, None where it is nothing yet, and no bytes at the end."""
    try:
        return connection.recv(1 << 16)
    except ssl.SSLWantReadError:
        return None


def written(connection: ssl.SSLSocket, out: bytearray) -> int:
    try:
        return connection.send(out) if out else 0
    except ssl.SSLWantWriteError:
        return 0


def statuses(back: bytes) -> Iterator[int]:
    """Yield the status of each answer."""
    at = 0
    while len(head := back[at : at + 9]) == 9:
        end = at + 9 + int.from_bytes(head[:3])
        if head[3] == HEADERS:
            yield status(back[at + 9 : end])
        at = end

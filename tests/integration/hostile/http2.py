"""Requests of HTTP/2 as no client sends them, frame by frame (RFC 9113, RFC 7541)."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tests.integration.hostile.lengths import INNER, NOTHING
from tests.integration.hostile.wire import LIMIT_SECONDS, Ended

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, GOAWAY, CONTINUATION = 0, 1, 3, 4, 7, 9
END_STREAM, END_HEADERS = 1, 4
LARGEST = 16_384
INDEXED = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
"""Statuses that HPACK has a byte for (RFC 7541, appendix A)."""

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream on a connection of its own."""

    fields: Fields
    answer: int = 0
    """The status; 0 where the stream is reset or the connection closed."""

    reaches: str = ""
    body: str | None = None
    whole: bool = True
    """Whether it is said that the headers, or the body, are over."""

    why: str = ""
    """Where it may astonish."""


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(text: str) -> bytes:
    """Return a string of HPACK's, without Huffman's code."""
    raw = text.encode("latin-1")
    if len(raw) < 127:
        return bytes([len(raw)]) + raw
    rest, long = len(raw) - 127, b"\x7f"
    while rest >= 128:
        long += bytes([rest % 128 + 128])
        rest //= 128
    return long + bytes([rest]) + raw


def frames(stream: Stream) -> bytes:
    block = b"".join(b"\0" + literal(name) + literal(value) for name, value in stream.fields)
    parts = [block[at : at + LARGEST] for at in range(0, len(block), LARGEST)] or [b""]
    end = END_STREAM if stream.body is None else 0
    sent = PREFACE + frame(SETTINGS, 0, 0, b"")
    if not stream.fields:
        return sent
    for n, part in enumerate(parts):
        last = END_HEADERS if n == len(parts) - 1 and (stream.whole or stream.body) else 0
        sent += frame(CONTINUATION if n else HEADERS, last if n else last | end, 1, part)
    if stream.body is not None:
        sent += frame(DATA, END_STREAM if stream.whole else 0, 1, stream.body.encode("latin-1"))
    return sent


@contextmanager
def connected(client: str, port: int) -> Iterator[ssl.SSLSocket]:
    """Connect for example.org by TLS, and see that HTTP/2 will be spoken."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS, (client, 0)) as plain,
        context.wrap_socket(plain, server_hostname="example.org") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2", "nothing would come of what is sent"
        yield connection


def ended(stream: Stream, client: str, port: int) -> Ended:
    """Send a stream and read what ends it."""
    with connected(client, port) as connection:
        try:
            connection.sendall(frames(stream))
            return Ended(answered(connection.makefile("rb")))
        except (ConnectionError, ssl.SSLError):
            return Ended(())
        except TimeoutError:
            return Ended((), hangs=True)


def answered(file: IO[bytes]) -> tuple[int, ...]:
    """Return the status, none where the stream or the connection ends without one."""
    while head := file.read(9):
        payload = file.read(int.from_bytes(head[:3]))
        if head[3] in (RESET, GOAWAY):
            break
        if head[3] == HEADERS:
            return (status(payload),)
    return ()


def status(block: bytes) -> int:
    """Read the first field, which is the status, as nginx writes it."""
    block = block.lstrip(b"\x20")  # that a table has another size
    return INDEXED.get(block[0]) or int(block[2:5])


def asked(*more: tuple[str, str], **pseudo: str) -> Fields:
    """Return the fields of a request; those that are given instead, or none where it is empty."""
    usual = {"method": "GET", "scheme": "https", "authority": "example.org", "path": "/x"} | pseudo
    return (*((f":{name}", value) for name, value in usual.items() if value), *more)


PORTAL, POSTED = "portal GET /x", "portal POST /x"

STREAMS: dict[str, Stream] = {
    "as it should be": Stream(asked(), 200, PORTAL),
    "`:authority` of another app": Stream(
        asked(authority="admin.example.org"), 200, "admin GET /x"
    ),
    "`:authority` of nobody's": Stream(asked(authority="nobody.example.org"), 421),
    "`:authority` with `user@`": Stream(asked(authority="user@example.org"), 400),
    "`:authority` with a port": Stream(asked(authority="example.org:443"), 200, PORTAL),
    "`:authority` with a port that is none": Stream(asked(authority="example.org:x"), 400),
    "`:authority` with a path": Stream(asked(authority="example.org/wiki"), 400),
    "`:authority` with a space": Stream(asked(authority="example.org admin.example.org"), 400),
    "`:authority` empty and no `host`": Stream(asked(authority=""), 400),
    "no `:authority`, `host` of an app": Stream(
        asked(("host", "admin.example.org"), authority=""), 200, "admin GET /x"
    ),
    "`host` of another app than `:authority`": Stream(asked(("host", "admin.example.org")), 400),
    "two `:authority`": Stream(asked((":authority", "admin.example.org")), 400),
    "two `:path`": Stream(asked((":path", "/wiki/x")), 400),
    "two `:method`": Stream(asked((":method", "POST")), 400),
    "no `:path`": Stream(asked(path=""), 400),
    "no `:method`": Stream(asked(method=""), 400),
    "no `:scheme`": Stream(asked(scheme=""), 400),
    "`:scheme` is `http`": Stream(asked(scheme="http"), 200, PORTAL),
    "`:scheme` is `https://admin.example.org/?`": Stream(
        asked(scheme="https://admin.example.org/?"), 400
    ),
    "a pseudo-header of no meaning": Stream(asked((":x", "1")), 400),
    "a pseudo-header behind others": Stream(
        (*asked(("x", "1"), path=""), (":path", "/x")), 200, PORTAL
    ),
    "`:path` without a slash": Stream(asked(path="x"), 400),
    "`:path` is `*`": Stream(asked(path="*"), 400),
    "`:path` with a space": Stream(asked(path="/x HTTP/1.1"), 400),
    "`:path` with an end of line and a header": Stream(
        asked(path="/x HTTP/1.1\r\nHost: admin.example.org\r\nX: ")
    ),
    "`:path` with `\\x00`": Stream(asked(path="/x\0")),
    "`:path` is `https://admin.example.org/`": Stream(
        asked(path="https://admin.example.org/x"), 400
    ),
    "`:path` is `/x/../wiki/`": Stream(asked(path="/x/../wiki/x"), 400),
    "`:path` is `/wiki%2f`": Stream(asked(path="/wiki%2fx"), 400),
    "`:method` with a space": Stream(asked(method="GET /wiki/x HTTP/1.1"), 400),
    "`:method` with an end of line": Stream(asked(method="GET / HTTP/1.1\r\nX:")),
    "`:method` is `CONNECT`": Stream(asked(method="CONNECT"), 405),
    "a value with an end of line and a header": Stream(
        asked(("x", "1\r\nTransfer-Encoding: chunked"))
    ),
    "a value with `\\n`": Stream(asked(("x", "1\ny: 2"))),
    "a value with `\\r`": Stream(asked(("x", "1\ry: 2"))),
    "a value with `\\x00`": Stream(asked(("x", "1\0"))),
    "a name with an end of line": Stream(asked(("x: 1\r\ny", "2"))),
    "a name with a colon": Stream(asked(("x:", "1"))),
    "a name with a space": Stream(asked(("x y", "1"))),
    "a name in upper case": Stream(asked(("X", "1"))),
    "a name of no letters": Stream(asked(("", "1"))),
    "`transfer-encoding: chunked` and a body of chunks": Stream(
        asked(("transfer-encoding", "chunked"), method="POST"),
        200,
        f"{POSTED} {ascii(NOTHING.rstrip())[1:-1]}",
        body=NOTHING,
        why="no header of HTTP/2's, and taken away; the body is a body",
    ),
    "`connection: close`": Stream(asked(("connection", "close")), 200, PORTAL),
    "`upgrade: h2c`": Stream(asked(("upgrade", "h2c"), ("connection", "upgrade")), 200, PORTAL),
    "`te: chunked`": Stream(asked(("te", "chunked")), 200, PORTAL),
    "`content-length` shorter than the body": Stream(
        asked(("content-length", "5"), method="POST"), 400, body=f"hello{INNER}"
    ),
    "`content-length` longer than the body": Stream(
        asked(("content-length", "50"), method="POST"), 400, body="hello"
    ),
    "two `content-length`": Stream(
        asked(("content-length", "5"), ("content-length", "0"), method="POST"), 400, body="hello"
    ),
    "`content-length` as `+5`": Stream(
        asked(("content-length", "+5"), method="POST"), 400, body="hello"
    ),
    "no `content-length`, and a body that is a request": Stream(
        asked(method="POST"), 200, f"{POSTED} {ascii(INNER.rstrip())[1:-1]}", body=INNER
    ),
    "the same, passed on as it comes": Stream(
        asked(method="POST", path="/stream/x"),
        200,
        f"stream POST /x {ascii(INNER.rstrip())[1:-1]}",
        body=INNER,
    ),
    "`content-length: 0` and a body": Stream(
        asked(("content-length", "0"), method="POST"), 400, body=INNER
    ),
    "headers of 40 kB": Stream(asked(*[("x", "a" * 7000)] * 6)),
    "10,000 headers in CONTINUATION after CONTINUATION": Stream(asked(*[("x", "1")] * 10_000), 431),
    "nothing after the settings": Stream(()),
    "headers that do not end": Stream(asked(), whole=False),
    "a body that does not end": Stream(asked(method="POST"), body="hello", whole=False),
    "a body that does not end, passed on as it comes": Stream(
        asked(method="POST", path="/stream/x"),
        0,
        "stream POST /x (CutShort)",
        body="hello",
        whole=False,
    ),
    "1,002 headers": Stream(asked(*((f"x-{n}", "1") for n in range(1002))), 431),
}
"""By what is sent over TLS, in a handshake for example.org."""

"""What is sent on one connection, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    """So long nothing is sent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Case:
    """One connection."""

    sends: tuple[bytes | Pause, ...]

    answers: tuple[int, ...] = ()
    """The statuses that come back, in order; none where the connection is closed without a word."""

    reaches: tuple[str, ...] = ()
    """What the apps note: name, method, path below the mount, and the first of the body."""

    reads: bool = True
    """Whether what comes back is read as it comes, or after all else."""

    short: bool = False
    """Whether the answer ends before its end."""

    leaves: bool = False
    """Whether the client hangs up at once; it may then reach what it says, or nothing."""

    why: str = ""
    """Where it may astonish."""


def head(
    target: str = "/x",
    *fields: str,
    host: str = "example.org",
    method: str = "GET",
    version: str = " HTTP/1.1",
    close: bool = True,
) -> bytes:
    """Return a request without a body, of letters that are a byte each; no ``host``, no header."""
    lines = [f"{method} {target}{version}"]
    lines += [f"Host: {host}"] if host else []
    lines += fields
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def post(*fields: str, body: str = "", target: str = "/x", close: bool = True) -> bytes:
    """Return a request with a body."""
    return head(target, *fields, method="POST", close=close) + body.encode("latin-1")


def chunked(body: str, target: str = "/x", *, close: bool = True) -> bytes:
    """Return a request with a body in chunks, which are given as they stand on the wire."""
    return post("Transfer-Encoding: chunked", body=body, target=target, close=close)


def got(
    sends: bytes | tuple[bytes | Pause, ...],
    answers: int | tuple[int, ...] = (),
    *reaches: str,
    reads: bool = True,
    short: bool = False,
    leaves: bool = False,
    why: str = "",
) -> Case:
    """Return a case, written shortly."""
    given = (sends,) if isinstance(sends, bytes) else sends
    statuses = (answers,) if isinstance(answers, int) else answers
    return Case(given, statuses, reaches, reads, short, leaves, why)


def utf8(text: str) -> str:
    """Return the bytes of a text as letters."""
    return text.encode().decode("latin-1")

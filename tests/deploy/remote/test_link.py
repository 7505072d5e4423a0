"""What comes over a channel is heard line by line, however it is cut."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.remote.link import lines


class Cut:
    """A channel whose peer sent these pieces, and then hung up or fell silent."""

    def __init__(self, *pieces: bytes, silent: bool = False) -> None:
        self.pieces: Iterator[bytes] = iter(pieces)
        self.silent = silent

    def recv(self, size: int) -> bytes:
        piece = next(self.pieces, b"")
        if not piece and self.silent:
            raise TimeoutError
        assert len(piece) <= size
        return piece


@given(st.lists(st.binary(min_size=1, max_size=9) | st.sampled_from([b"\n", b"a\nb"])))
def test_lines_are_whole_and_half_a_line_is_none(pieces: list[bytes]) -> None:
    whole = b"".join(pieces).split(b"\n")[:-1]

    assert list(lines(Cut(*pieces))) == [line + b"\n" for line in whole]


def test_what_came_before_the_silence_is_heard() -> None:
    heard = lines(Cut(b"one\ntw", silent=True))

    assert next(heard) == b"one\n"
    with pytest.raises(TimeoutError):
        next(heard)


def test_a_long_line_comes_in_many_pieces() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"x" * 100_000 + b"\n")

        assert len(next(lines(theirs))) == 100_001

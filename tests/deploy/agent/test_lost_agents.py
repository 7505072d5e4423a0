"""An agent that says nothing is not waited for without end."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.bundle import File
from deploy.errors import LostError, ReachError
from deploy.remote.link import Link
from tests.deploy.agent.talking import Channel, Server


def refusal() -> ReachError:
    return ReachError("web1", "has no agent")


def test_an_agent_that_says_nothing_is_not_waited_for_without_end() -> None:
    ours, theirs = socket.socketpair()

    with (
        ours,
        theirs,
        pytest.raises(ReachError, match=r"web1: its agent does not answer; .*bootstrap"),
    ):
        Link("web1", Channel(ours), refusal, patience=0.05)


@pytest.fixture
def silent() -> Iterator[tuple[Link, socket.socket]]:
    """Give a link to an agent that is to say something every 10 ms, and what it would say it on."""
    ours, theirs = socket.socketpair()
    theirs.sendall(b'{"hello":{"site":"yard","beats":"0.01"}}\n')
    link = Link("web1", Channel(ours), refusal)
    yield link, theirs
    link.close()
    for end in (ours, theirs):
        end.close()


def test_an_agent_that_falls_silent_later_is_lost(silent: tuple[Link, socket.socket]) -> None:
    """As where its sshd hangs, whose kernel still acknowledges what comes."""
    with pytest.raises(LostError, match="web1: connection lost: timed out"):
        silent[0].last()


def test_a_client_hears_that_somebody_is_there_though_nothing_is_said(server: Server) -> None:
    server.beats = 0.01
    client = server.called()

    with client, client.makefile("rb") as lines:
        assert json.loads(lines.readline())["hello"]["beats"] == "0.01"
        assert [lines.readline() for _ in range(10)] == [b"\n"] * 10


def test_an_agent_that_is_lost_while_a_file_is_brought_is_told_of(
    silent: tuple[Link, socket.socket], tmp_path: Path
) -> None:
    link, agent = silent
    path = tmp_path / "a.whl"
    path.write_bytes(b"x" * 10_000_000)
    agent.close()

    with pytest.raises(LostError, match="web1: connection lost"):
        link.take(File.of(path), path, lambda _: None)

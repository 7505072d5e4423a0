"""An agent has room for others, however many come."""

from __future__ import annotations

import socket

import pytest

from deploy.agent.service import refuse
from deploy.errors import ReachError
from deploy.remote.link import Link
from tests.deploy.agent.talking import Channel


def test_a_client_too_many_is_told_so() -> None:
    agent, client = socket.socketpair()

    refuse(agent)

    with pytest.raises(ReachError, match="web1: its agent talks to too many clients"):
        Link("web1", Channel(client), lambda: ReachError("web1", "no agent"))
    client.close()


def test_a_client_too_many_that_has_left_is_no_trouble() -> None:
    agent, client = socket.socketpair()
    client.close()

    refuse(agent)

    assert agent.fileno() == -1

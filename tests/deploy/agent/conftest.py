"""The server that an agent's tests talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.agent.talking import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server("web1", tmp_path)
    yield server
    server.end()

"""Three servers whose agents are of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.agent.talking import NAMES, Server


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, Server]]:
    servers = {name: Server(name, tmp_path / name) for name in NAMES}
    yield servers
    for server in servers.values():
        server.end()

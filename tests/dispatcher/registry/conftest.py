"""Where a test's own site.toml is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dispatcher.registry.written import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "site.toml"
        path.write_text(text)
        return path

    return write

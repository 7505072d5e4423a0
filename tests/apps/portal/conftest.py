from pathlib import Path

import pytest
from flask import Flask

from apps.portal import create_app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app({"STATE_DIRECTORY": str(tmp_path)})

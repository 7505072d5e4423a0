"""`deploy.onhost.health`, against a real gunicorn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.onhost import ask, health
from tests.deploy.onhost.test_ask import SITE, folder, serving

__all__ = ["folder"]


def asked(release: str, workers: int, path: str, seconds: float = 30) -> dict[str, Any]:
    pool = {"name": "default", "workers": workers, "socket": path}
    found: dict[str, Any] = health.main({"release": release, "seconds": seconds, "pools": [pool]})
    return dict(found["default"])


@pytest.mark.serving
def test_every_worker_of_a_pool_is_counted(folder: Path) -> None:
    with serving(folder, release="r1", site=SITE) as path:
        pool = {"name": "default", "workers": 3, "socket": path, "addresses": []}
        ask.main({"release": "r1", "seconds": 30, "pools": [pool]})  # once all are there
        assert asked("r1", 3, path) == {"workers": 3, "answered": 3, "fault": ""}
        assert asked("r1", 4, path, 0.5)["answered"] == 3
        other = asked("r2", 3, path)

    assert other == {
        "workers": 3,
        "answered": 0,
        "fault": "pool default answers as release 'r1'",
    }


def test_a_pool_that_is_not_there_is_told(folder: Path) -> None:
    found = asked("r1", 2, str(folder / "none"))

    assert found["answered"] == 0
    assert found["fault"].startswith("pool default does not answer: ")

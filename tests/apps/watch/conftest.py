from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from apps.watch import create_app
from tests.apps.watch.servers import Target, closed_port, serving


@dataclass
class Clock:
    """Seconds since 1970, as told."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site() -> Target:
    return Target()


@pytest.fixture
def address(site: Target) -> Iterator[str]:
    with serving(site) as url:
        yield url


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Callable[..., Flask]:
    """Return a factory of apps that share one state directory, as workers do."""

    def app(**urls: str) -> Flask:
        targets = [{"name": name, "url": url} for name, url in urls.items()]
        state = str(tmp_path)
        return create_app({"WATCH_TARGETS": targets, "STATE_DIRECTORY": state, "CLOCK": clock})

    return app


@pytest.fixture
def app(make: Callable[..., Flask], address: str) -> Flask:
    return make(good=f"{address}/ok", bad=closed_port())

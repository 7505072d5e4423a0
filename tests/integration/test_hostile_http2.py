"""Floods of HTTP/2 have an end, and others are served meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.deploy.webserver import needs_nginx
from tests.integration.hostile.floods import FLOODS, Came, Flood, came_of
from tests.integration.hostile.site import Noted, noted

pytestmark = needs_nginx

AT_ONCE = 4
PATIENCE_SECONDS = 5
"""How long a good client waits at most, on a machine that the floods' own clients keep busy."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What came of the floods, what reached an app, and how others fared."""

    came: dict[Flood, Came]
    arrived: dict[Flood, list[str]]
    good: list[tuple[int, float]]
    """Status and seconds."""


@pytest.fixture(scope="module")
def site() -> Iterator[Noted]:
    with noted() as site:
        yield site


@pytest.fixture(scope="module")
def meanwhile(site: Noted) -> Meanwhile:
    clients = {flood: f"127.3.0.{n + 1}" for n, flood in enumerate(FLOODS.values())}
    over, good = threading.Event(), list[tuple[int, float]]()

    def ask() -> None:
        while not over.wait(0.02):
            began = time.monotonic()
            answer = site.secure.get_securely("admin.example.org", "/x")
            good.append((answer.status, time.monotonic() - began))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            under_way = {
                flood: threads.submit(came_of, flood, at, site.secure.https)
                for flood, at in clients.items()
            }
            came = {flood: waited.result() for flood, waited in under_way.items()}
    finally:
        over.set()
        asking.join()
    lines = site.lines()
    return Meanwhile(came, {flood: lines.get(at, []) for flood, at in clients.items()}, good)


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_has_an_end_and_reaches_an_app_no_more_than_it_may(
    meanwhile: Meanwhile, flood: Flood
) -> None:
    came, arrived = meanwhile.came[flood], meanwhile.arrived[flood]

    assert not came.hangs
    assert came.statuses <= flood.statuses
    assert came.size <= flood.size
    assert len(arrived) <= flood.most
    assert len(set(arrived)) == len(arrived), "twice"


def test_others_are_served_meanwhile(meanwhile: Meanwhile) -> None:
    assert len(meanwhile.good) > 20
    assert {status for status, _ in meanwhile.good} == {200}
    assert max(seconds for _, seconds in meanwhile.good) < PATIENCE_SECONDS

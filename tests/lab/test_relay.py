import socket
from collections.abc import Iterator

import pytest

from tests.lab.relay import TO_BRIDGE, TO_HOST, Relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    with socket.socket(socket.AF_UNIX) as cable:
        yield Relay(tap=-1, cable=cable)


def test_a_frame_is_due_after_the_delay(relay: Relay) -> None:
    relay.delay_seconds = 0.04

    assert relay.due(TO_HOST, 1500, now=10) == 10.04


def test_frames_queue_where_the_line_is_slow(relay: Relay) -> None:
    relay.bytes_per_second = 1000

    assert [relay.due(TO_HOST, 100, now=10) for _ in range(2)] == [10.1, 10.2]


def test_each_way_has_a_line_of_its_own(relay: Relay) -> None:
    relay.bytes_per_second = 1000

    assert [relay.due(way, 100, now=10) for way in (TO_HOST, TO_BRIDGE)] == [10.1, 10.1]


def test_a_frame_that_finds_200_ms_waiting_before_it_is_dropped(relay: Relay) -> None:
    relay.bytes_per_second = 1000

    assert [relay.due(TO_HOST, 201, now=10), relay.due(TO_HOST, 1, now=10)] == [10.201, None]

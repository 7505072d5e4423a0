from dataclasses import dataclass

import pytest

from dispatcher.routing.request_target import aim


@dataclass
class Asked:
    uri: str
    headers: list[tuple[str, str]]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("http://example.org/a", "example.org"),
        ("https://example.org:8443?q=http://x/", "example.org:8443"),
        ("http://example.org#x", "example.org"),
        ("http://", ""),
        ("*", "sent"),
        ("/a?b=http://example.org/", "sent"),
        ("//example.org://x", "sent"),
        ("example.org:443", "sent"),
    ],
)
def test_the_host_of_a_target_replaces_that_of_the_header(target: str, host: str) -> None:
    asked = Asked(target, [("ACCEPT", "*/*"), ("HOST", "sent")])

    aim(asked)

    assert sorted(asked.headers) == [("ACCEPT", "*/*"), ("HOST", host)]


def test_a_target_gives_a_request_without_a_host_header_its_host() -> None:
    asked = Asked("http://example.org/", [])
    aim(asked)
    assert asked.headers == [("HOST", "example.org")]

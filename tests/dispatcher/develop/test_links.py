from dataclasses import replace

import pytest

from dispatcher.develop.links import reached, rows, status
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site

APP = App("wiki", "wiki:app", (Address("localhost", "/wiki"), Address("wiki.localhost")))
SITE = Site("yard", "localhost", (APP,), scheme="http", port=8000)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", ["http://localhost:8000/wiki/", "http://wiki.localhost:8000/"]),
        ("::1", ["http://localhost:8000/wiki/", "http://wiki.localhost:8000/"]),
        ("localhost", ["http://localhost:8000/wiki/", "http://wiki.localhost:8000/"]),
        (
            "192.0.2.7",
            [
                "http://192.0.2.7:8000/wiki/",
                "http://wiki.localhost:8000/ where that name is known to be 192.0.2.7",
            ],
        ),
        (
            "2001:db8::7",
            [
                "http://[2001:db8::7]:8000/wiki/",
                "http://wiki.localhost:8000/ where that name is known to be 2001:db8::7",
            ],
        ),
    ],
)
def test_links_are_such_as_lead_to_where_it_listens(host: str, expected: list[str]) -> None:
    assert [link for _, link in rows(SITE, SITE, host)] == expected


def test_listening_everywhere_the_links_are_for_here_and_for_other_machines() -> None:
    here = ["http://localhost:8000/wiki/", "http://wiki.localhost:8000/"]
    outside = reached("0.0.0.0")
    there = [f"http://{outside}:8000/wiki/"] if outside else []
    assert [link for _, link in rows(SITE, SITE, "0.0.0.0")] == [here[0], *there, here[1]]


def test_the_name_stands_before_the_first_link() -> None:
    assert [name for name, _ in rows(SITE, SITE, "127.0.0.1")] == ["wiki", ""]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://dispatcher.localhost:8000/status"),
        ("0.0.0.0", "http://dispatcher.localhost:8000/status"),
        ("192.0.2.7", ""),
    ],
)
def test_the_status_page_is_where_this_machine_gets_to(host: str, expected: str) -> None:
    assert status(SITE, host) == expected


def test_an_app_with_the_name_of_the_status_page_keeps_it() -> None:
    apps = (replace(APP, addresses=(Address("dispatcher.localhost"),)),)
    assert status(replace(SITE, apps=apps), "127.0.0.1") == ""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.apps.crawl import crawl
from tests.apps.html import Page
from tests.apps.mounting import mount
from tests.apps.watch.conftest import Clock
from tests.apps.watch.servers import closed_port


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("path", ["/", "/targets/good", "/targets/bad", "/nothing"])
def test_every_page_is_sound(app: Flask, path: str, checked: bool) -> None:
    client = app.test_client()
    if checked:
        client.post("/checks")

    assert Page.of(client.get(path).text).faults == []


@pytest.mark.parametrize("prefix", ["", "/watch", "/a/b"])
def test_every_link_leads_somewhere_below_the_mount(app: Flask, prefix: str) -> None:
    client = mount(app, prefix)
    client.post(f"{prefix}/checks")

    answers = crawl(client, f"{prefix}/")

    # The form's address takes POST only.
    assert answers.pop(f"{prefix}/checks").status_code == 405
    assert {address: a.status for address, a in answers.items() if a.status_code != 200} == {}
    assert all(address.startswith(f"{prefix}/") for address in answers)
    assert f"{prefix}/static/watch.css" in answers


def test_one_app_in_two_places_links_within_each(app: Flask) -> None:
    client = mount(app, "", "/watch")

    for prefix in ("", "/watch", ""):
        assert f"{prefix}/targets/good" in Page.of(client.get(f"{prefix}/").text).links


@pytest.mark.parametrize("prefix", ["", "/watch"])
def test_the_button_checks_and_leads_back(app: Flask, prefix: str) -> None:
    client = mount(app, prefix)

    answer = client.post(f"{prefix}/checks")

    assert (answer.status_code, answer.location) == (303, f"{prefix}/")
    assert "1 of 2 does not answer" in client.get(f"{prefix}/").text


def test_the_page_says_when_one_may_check_again(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    client.post("/checks")

    clock.now += 12

    assert "Again in 18 s" in client.get("/").text
    assert "12 s ago" in client.get("/").text


def test_the_page_sums_up(make: Callable[..., Flask], address: str, clock: Clock) -> None:
    good = make(one=f"{address}/ok", two=f"{address}/ok").test_client()
    assert "Not checked yet" in headline(good.get("/").text)
    good.post("/checks")
    assert headline(good.get("/").text) == "Everything answers"

    clock.now += 60
    bad = make(one=closed_port(), two=closed_port()).test_client()
    bad.post("/checks")
    assert headline(bad.get("/").text) == "2 of 2 do not answer"


def test_a_target_added_later_is_not_yet_checked(make: Callable[..., Flask], address: str) -> None:
    make(one=f"{address}/ok").test_client().post("/checks")

    text = Page.of(make(one=f"{address}/ok", two=f"{address}/ok").test_client().get("/").text).text

    assert "1 not yet" in text
    assert "Everything answers" in text


def test_the_picture_is_told_in_words(app: Flask) -> None:
    client = app.test_client()
    client.post("/checks")

    assert 'aria-label="Last checks: 0 answered, 1 did not"' in client.get("/targets/bad").text


def test_what_a_target_is_called_is_never_markup(make: Callable[..., Flask]) -> None:
    app = make(one='http://127.0.0.1:9/"><script>alert(1)</script>')

    for path in ("/", "/targets/one"):
        assert "<script" not in app.test_client().get(path).text


def headline(html: str) -> str:
    return html.partition("<h1>")[2].partition("</h1>")[0]

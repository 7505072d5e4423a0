from pathlib import Path

import pytest
from flask import Flask

from apps.portal import create_app
from tests.apps.crawl import crawl
from tests.apps.html import Page
from tests.apps.mounting import mount

SLUG = "the-slipway-winch-is-back"


@pytest.mark.parametrize(
    "path", ["/", "/news/", "/news/?page=2", f"/news/{SLUG}", "/about", "/nowhere"]
)
def test_every_page_is_sound(app: Flask, path: str) -> None:
    page = Page.of(app.test_client().get(path).text)

    assert page.faults == []


@pytest.mark.parametrize("prefix", ["", "/portal", "/a/b"])
def test_every_link_leads_somewhere_below_the_mount(app: Flask, prefix: str) -> None:
    answers = crawl(mount(app, prefix), f"{prefix}/")

    assert {address: a.status for address, a in answers.items() if a.status_code != 200} == {}
    assert all(address.startswith(f"{prefix}/") for address in answers)
    assert f"{prefix}/news/{SLUG}" in answers
    assert f"{prefix}/static/portal.css" in answers


def test_one_app_in_two_places_links_within_each(app: Flask) -> None:
    client = mount(app, "/one", "/two")

    for prefix in ("/one", "/two", "/one"):
        page = Page.of(client.get(f"{prefix}/").text)
        assert f"{prefix}/news/{SLUG}" in page.links


def test_a_missing_slash_is_added_below_the_mount(app: Flask) -> None:
    answer = mount(app, "/portal").get("/portal/news?page=2")

    assert answer.location == "http://localhost/portal/news/?page=2"


def test_the_front_page_has_the_latest_news(app: Flask) -> None:
    page = Page.of(app.test_client().get("/").text)

    assert page.text.index("The slipway winch") < page.text.index("Lift-out starts")
    assert "Open day draws" not in page.text


@pytest.mark.parametrize("page", ["0", "-1", "3", "9" * 30])
def test_a_page_of_news_that_is_not_there_is_not_found(app: Flask, page: str) -> None:
    assert app.test_client().get(f"/news/?page={page}").status_code == 404


def test_a_page_number_that_is_none_means_the_first(app: Flask) -> None:
    assert "Page 1 of 2" in app.test_client().get("/news/?page=' OR 1").text


@pytest.mark.parametrize("path", ["/nowhere", "/news/nothing", "/news/%00", "/news/' OR 1=1 --"])
def test_what_is_not_there_gets_our_own_page(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)

    assert answer.status_code == 404
    assert "Nothing is moored here" in answer.text


def test_a_broken_disk_gets_our_own_page(tmp_path: Path) -> None:
    (tmp_path / "portal").write_text("a file where the folder should be")
    app = create_app({"STATE_DIRECTORY": str(tmp_path)})

    answer = app.test_client().get("/")

    assert answer.status_code == 500
    assert "We have run aground" in answer.text
    assert Page.of(answer.text).faults == []


def test_the_icon_is_where_browsers_look_for_it(app: Flask) -> None:
    answer = app.test_client().get("/favicon.ico", buffered=True)

    assert answer.mimetype == "image/vnd.microsoft.icon"
    assert answer.data.startswith(b"\0\0\1\0")


def test_no_page_sets_a_cookie(app: Flask) -> None:
    assert "Set-Cookie" not in app.test_client().get("/").headers

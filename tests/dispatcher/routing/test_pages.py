import json

import pytest

from dispatcher.routing.pages import Page
from tests.dispatcher.wsgi import get


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.5", "application/json"),
    ],
)
def test_a_page_is_json_for_whoever_asks_for_it(accept: str, kind: str) -> None:
    answer = get(Page(404, "Nothing here."), HTTP_ACCEPT=accept)
    assert answer.status == 404
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Vary"] == "Accept"


def test_a_page_as_json_says_what_the_page_says() -> None:
    page = Page(503, "Out.", detail="why")
    error = json.loads(get(page, HTTP_ACCEPT="application/json").text)["error"]
    assert error == {
        "status": 503,
        "name": "Service Unavailable",
        "message": "Out.",
        "detail": "why",
    }


def test_nothing_on_a_page_is_markup() -> None:
    text = get(Page(503, "<b>", detail="<script>")).text
    assert "<b>" not in text
    assert "<script>" not in text


def test_a_page_has_no_body_for_head_and_is_not_kept_by_caches() -> None:
    answer = get(Page(404, "Nothing here."), REQUEST_METHOD="HEAD")
    assert answer.text == ""
    assert answer.headers["Cache-Control"] == "no-store"

from datetime import date, timedelta

import pytest
from flask import Flask

from apps.portal.meetings import next_meeting

TITLE = "Tea & <script>alert(1)</script>"


def test_news_added_in_a_shell_is_on_the_front_page(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["add-news", "Soup", "--body", "Leek.\n\nPea."])

    assert result.output == "Published 'Soup' at news/soup\n"
    assert "<p>Leek.</p>" in app.test_client().get("/").text
    assert "<p>Pea.</p>" in app.test_client().get("/news/soup").text


def test_the_text_may_come_from_standard_input(app: Flask) -> None:
    app.test_cli_runner().invoke(args=["add-news", "Soup"], input="Leek.\n")

    assert "<p>Leek.</p>" in app.test_client().get("/news/soup").text


def test_news_is_text_and_never_markup(app: Flask) -> None:
    app.test_cli_runner().invoke(args=["add-news", TITLE, "--body", "<img src=x onerror=x>"])

    for path in ("/", "/news/", "/news/tea-script-alert-1-script"):
        html = app.test_client().get(path).text
        assert "Tea &amp; &lt;script&gt;" in html
        assert "&lt;img src=x" in html


def test_two_items_of_one_title_have_two_addresses(app: Flask) -> None:
    for body in ("first", "second", "third"):
        app.test_cli_runner().invoke(args=["add-news", "Soup", "--body", body])

    client = app.test_client()
    assert "first" in client.get("/news/soup").text
    assert "third" in client.get("/news/soup-3").text


@pytest.mark.parametrize(
    ("args", "missing"), [(["  ", "--body", "x"], "TITLE"), (["x", "--body", " "], "the body")]
)
def test_news_needs_words(app: Flask, args: list[str], missing: str) -> None:
    result = app.test_cli_runner().invoke(args=["add-news", *args])

    assert result.exit_code == 2
    assert f"{missing} is empty" in result.output


def test_a_meeting_is_a_first_thursday_within_five_weeks() -> None:
    for day in range(1500):
        today = date(2026, 1, 1) + timedelta(days=day)

        meeting = next_meeting(today)

        assert meeting.weekday() == 3
        assert meeting.day <= 7
        assert timedelta(0) <= meeting - today <= timedelta(weeks=5)

import logging
import sys
from collections.abc import Iterator

import pytest

from dispatcher.logs import SERVING, ByApp


@pytest.fixture
def serving_wiki() -> Iterator[None]:
    token = SERVING.set("wiki")
    yield
    SERVING.reset(token)


def line(message: str, level: int = logging.INFO, exc_info: object = None) -> str:
    record = logging.LogRecord("x", level, "", 0, message, (), exc_info)  # type: ignore[arg-type]
    return ByApp().format(record)


def test_a_line_begins_with_the_dispatchers_own_name_where_no_app_serves() -> None:
    assert line("ready") == "dispatcher INFO ready"


@pytest.mark.usefixtures("serving_wiki")
def test_a_line_begins_with_the_app_that_serves() -> None:
    assert line("slow", logging.WARNING) == "wiki WARNING slow"


@pytest.mark.usefixtures("serving_wiki")
def test_each_line_of_a_traceback_begins_with_the_app() -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        text = line("failed", logging.ERROR, sys.exc_info())
    lines = text.splitlines()
    assert len(lines) > 3
    assert all(one.startswith("wiki ERROR ") for one in lines)


@pytest.mark.parametrize("breaker", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028"])
def test_nothing_that_is_sent_begins_a_line_in_anothers_name(breaker: str) -> None:
    text = line(f"GET /{breaker}wiki ERROR forged")
    assert text.split("\n") == ["dispatcher INFO GET /", "dispatcher INFO wiki ERROR forged"]


def test_nothing_that_is_sent_reaches_the_terminal_as_a_control() -> None:
    assert line("GET /\x1b[2J\x00\x9b") == "dispatcher INFO GET /\\x1b[2J\\x00\\x9b"


def test_an_empty_message_still_says_who_wrote_it() -> None:
    assert line("") == "dispatcher INFO "

from __future__ import annotations

import json
import logging
from time import perf_counter
from typing import Any

import pytest

from dispatcher.boundary.exchange import Exchange
from dispatcher.logs import EXCHANGE, SERVING, ByApp, by_fields
from dispatcher.monitoring.access_log import AccessLog
from tests.dispatcher.wsgi import environ_of


def exchange(**more: Any) -> Exchange:
    started = perf_counter() - 0.0123
    return Exchange("wiki", "example.org/wiki", "a1b2", started, "/wiki", status=200, **more)


def lines(exchange: Exchange, path: str = "/page", host: str = "example.org") -> list[str]:
    written: list[str] = []
    AccessLog("json", written.append).end(exchange, environ_of(path, host, QUERY_STRING="token=1"))
    return "".join(written).splitlines()


def test_a_line_says_who_answered_what_how_long_and_how_much() -> None:
    (line,) = lines(exchange(sent=12))
    said = json.loads(line)
    assert 12 <= said.pop("ms") < 1000
    assert said == {
        "app": "wiki",
        "level": "info",
        "event": "request",
        "request_id": "a1b2",
        "mount": "example.org/wiki",
        "host": "example.org",
        "method": "GET",
        "path": "/wiki/page",
        "status": 200,
        "bytes": 12,
    }


def test_a_line_names_the_tenant_where_there_is_one() -> None:
    (line,) = lines(exchange(tenant="chess"))
    assert json.loads(line)["tenant"] == "chess"


def test_a_line_begins_as_those_of_apps_do() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "hello", (), None)
    token = SERVING.set("wiki")
    current = EXCHANGE.set(exchange(tenant="chess"))
    begin = by_fields().format(record).partition('"hello"')[0]
    said = json.loads(by_fields().format(record))
    EXCHANGE.reset(current)
    SERVING.reset(token)
    assert lines(exchange())[0].startswith(begin)
    assert (said["request_id"], said["tenant"]) == ("a1b2", "chess")


@pytest.mark.parametrize("evil", ['"}\n{"app": "portal"', "\x1b[2J", "\x00", "\\", "é\u2028"])
def test_nothing_a_stranger_sends_begins_a_line_or_reaches_a_terminal(evil: str) -> None:
    path = f"/{evil}".encode().decode("latin-1")
    (line,) = lines(exchange(), path, host=evil)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"] == f"/wiki/{evil}"


def test_a_person_reads_a_line_without_anything_to_decode(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(ByApp())
    SERVING.set("wiki")
    AccessLog("text").end(exchange(sent=5), environ_of("/caf\xc3\xa9\n"))
    assert caplog.text.startswith("wiki INFO 200 GET example.org/wiki/caf\\xe9\\n 5 bytes 1")


def test_an_answer_of_no_app_is_logged_as_the_dispatchers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    written: list[str] = []
    AccessLog("json", written.append).own(environ_of("/x", "nobody"), 421, 9, 0.001)
    said = json.loads(written[0])
    assert (said["app"], said["host"], said["status"]) == ("dispatcher", "nobody", 421)

"""What visitors get from an edge, with a real nginx."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from dispatcher.registry.limits import USUAL
from dispatcher.registry.tls import Tls
from tests.deploy.edges import SITE, STRANGER, fleet, three
from tests.deploy.webserver import all_at_once, needs_nginx

pytestmark = needs_nginx


def test_all_servers_get_as_much() -> None:
    with fleet(*three()) as there:
        answers = there.ask(times=9)

    assert Counter(answers) == {(200, f"web{number}"): 3 for number in range(3)}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_one_refuses_another_gets_whatever_it_is(method: str) -> None:
    with fleet(*three(), refuses=1) as there:
        answers = there.ask(method, times=9)

    assert {status for status, _ in answers} == {200}
    assert sum(len(web.asked) for web in there.webs) == 9


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_one_did_not_answer_another_gets_where_twice_is_as_once(method: str) -> None:
    one, *others = three()
    with fleet(replace(one, status=0), *others) as there:
        answers = there.ask(method, times=6)

    assert {status for status, _ in answers} == {200}
    assert len(there.webs[0].asked) == 1, "it is out from then on"


def test_what_may_have_been_done_is_not_done_again() -> None:
    one, *others = three()
    with fleet(replace(one, status=0), *others) as there:
        answers = there.ask("POST", times=6)

    assert [status for status, _ in answers].count(503) == 1
    assert sum(len(web.asked) for web in there.webs) == 6


@pytest.mark.parametrize(
    "told",
    [{"status": 503}, {"status": 504}, {"status": 500}, {"status": 429}, {"header": 30_000}],
    ids=str,
)
def test_what_an_app_answers_takes_no_server_out(told: dict[str, Any]) -> None:
    one, *others = three()
    with fleet(replace(one, **told), *others) as there:
        answers = there.ask(times=9)

    assert (told.get("status", 200), "web0") in answers
    assert [len(web.asked) for web in there.webs] == [3, 3, 3]


def test_the_servers_behind_are_told_who_asks_and_how() -> None:
    secured = replace(SITE, tls=Tls("ada@example.org"))
    with fleet(*three(), site=secured) as there:
        by_http = there.edge.get("example.org", client=STRANGER)
        answer = there.edge.get_securely("example.org", "/files/a.0123456789abcdef.css")
        _, headers = next(web.asked[0] for web in there.webs if web.asked)

    assert by_http.status == 308
    assert answer.status == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    told = {name: headers[name] for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto")}
    assert told == {
        "Host": "example.org",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
    }
    assert answer.headers["x-release"] == "r1", "as the edge itself asks"


def test_an_edge_counts_what_a_visitor_asks_for_and_no_static_files() -> None:
    strict = replace(SITE, limits=USUAL.but({"per_second": 1}, ""))
    apps = tuple(replace(app, limits=strict.limits) for app in SITE.apps)
    with fleet(*three(), site=replace(strict, apps=apps)) as there:
        ask = partial(there.edge.get, "example.org", client=STRANGER)
        pages = all_at_once([ask] * 6)
        static = all_at_once([partial(ask, "/a.0123456789abcdef.css")] * 6)

    assert 429 in {answer.status for answer in pages}
    assert {answer.status for answer in static} == {200}

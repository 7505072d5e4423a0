"""Requests as no browser sends them get the answer they must, and reach what they address.

Each is a connection from an address of its own, by which the apps tell whose request they got.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version

import pytest

from tests.deploy.webserver import needs_nginx
from tests.integration.hostile import gunicorn, http2, wire
from tests.integration.hostile.case import Case
from tests.integration.hostile.site import Noted, noted
from tests.integration.hostile.tables import PAGE_MD, TABLES, document
from tests.integration.hostile.wire import Ended

pytestmark = needs_nginx

OURS = {f"{table}: {name}": case for table, cases in TABLES.items() for name, case in cases.items()}
INVALID, VALID = gunicorn.invalid(), gunicorn.valid()
CASES = [*OURS.values(), *INVALID.values(), *VALID.values()]
AT_ONCE = 16
LONG = 1 << 24


@dataclass(frozen=True, slots=True)
class Came:
    """What came back, and what arrived at an app."""

    end: Ended
    arrived: tuple[str, ...]


@pytest.fixture(scope="module")
def site() -> Iterator[Noted]:
    with noted() as site:
        yield site


@pytest.fixture(scope="module")
def came(site: Noted) -> dict[object, Came]:
    """Send all of them; give what came of each."""
    clients = {case: f"127.1.{n // 200}.{n % 200 + 1}" for n, case in enumerate(CASES)}
    streams = {one: f"127.2.0.{n + 1}" for n, one in enumerate(http2.STREAMS.values())}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        under_way: dict[object, Future[Ended]] = {
            **{
                one: threads.submit(wire.ended, one, at, site.plain.port)
                for one, at in clients.items()
            },
            **{
                one: threads.submit(http2.ended, one, at, site.secure.https)
                for one, at in streams.items()
            },
        }
        ends = {one: waited.result() for one, waited in under_way.items()}
    arrived = site.lines()
    found: dict[object, Came] = {
        one: Came(ends[one], tuple(arrived.pop(at, ()))) for one, at in (clients | streams).items()
    }
    assert not arrived, "from nobody"
    return found


@pytest.mark.parametrize("case", OURS.values(), ids=OURS)
def test_a_request_gets_its_answer_and_reaches_what_it_addresses(
    came: dict[object, Came], case: Case
) -> None:
    found = came[case]

    assert not found.end.hangs
    assert found.end.answers == case.answers
    assert found.arrived in ((case.reaches, ()) if case.leaves else (case.reaches,))
    assert (found.end.size < LONG) or not case.short


@pytest.mark.parametrize("one", http2.STREAMS.values(), ids=http2.STREAMS)
def test_a_stream_of_http2_does_so_too(came: dict[object, Came], one: http2.Stream) -> None:
    found = came[one]

    assert not found.end.hangs
    assert found.end.answers == ((one.answer,) if one.answer else ())
    assert found.arrived == ((one.reaches,) if one.reaches else ())


@pytest.mark.parametrize("case", INVALID.values(), ids=INVALID)
def test_what_gunicorn_refuses_is_refused_or_made_valid_by_nginx(
    came: dict[object, Came], case: Case
) -> None:
    found = came[case]

    assert not found.end.hangs
    assert found.end.answers == case.answers
    assert found.arrived == case.reaches


@pytest.mark.parametrize("case", VALID.values(), ids=VALID)
def test_what_gunicorn_takes_is_answered_and_reaches_the_app_once(
    came: dict[object, Came], case: Case
) -> None:
    found = came[case]

    assert not found.end.hangs
    assert found.end.answers == case.answers
    assert len(found.arrived) == case.answers.count(200)


def test_what_an_app_dies_of_reaches_it_once(site: Noted, came: dict[object, Came]) -> None:
    assert came

    answer = site.plain.get("example.org", "/die", "127.4.0.1")

    assert answer.status == 503
    assert site.lines()["127.4.0.1"] == ["portal GET /die"]


ADDRESS = rb"127(?:\.\d+){3}"
PRINTED = rb'"[ !#-~]*"'
LINE = {
    "access": rb"%b - - \[[^]]+\] %b \d{3} \d+ %b %b" % (ADDRESS, PRINTED, PRINTED, PRINTED),
    "access.log": rb"%b - - \[[^]]+\] %b \d{3} \d+ %b %b [0-9a-f]{32}"
    % (ADDRESS, PRINTED, PRINTED, PRINTED),
    "err": rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: [^\x00-\x1f\x7f]+",
    "log": rb'\{"app": "[ !#-~]*", [ -~]*\}',
}
"""How a record is: of requests for nobody, for the site, nginx's errors, and the apps' log."""


@pytest.mark.parametrize("log", LINE)
def test_whatever_was_sent_each_record_of_a_log_is_a_line(
    site: Noted, came: dict[object, Came], log: str
) -> None:
    assert came
    lines = (site.folder / log).read_bytes().removesuffix(b"\n").split(b"\n")

    assert len(lines) > 10
    assert [line for line in lines if not re.fullmatch(LINE[log], line)] == []


def test_the_cases_are_those_of_the_gunicorn_that_serves() -> None:
    said = (gunicorn.FOLDER / "README.md").read_text()

    assert re.findall(r"gunicorn-([\d.]+)\.tar", said) == [version("gunicorn")]
    assert gunicorn.INVALID.keys() <= INVALID.keys()
    assert gunicorn.ANSWERS.keys() <= VALID.keys()


def test_the_tables_of_the_documentation_are_those_of_the_tests() -> None:
    assert PAGE_MD.read_text("utf-8") == document()

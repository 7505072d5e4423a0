"""What is closed says so to visitors, and all else goes on."""

from __future__ import annotations

import http.client
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.acting.steps import Plan, Put
from deploy.errors import PlanError
from deploy.protocol.words import Maintenance
from deploy.server import render
from deploy.server.look import State
from deploy.server.web import FOLDER
from deploy.stages.maintenance import PARTS, maintain, record
from deploy.stages.publishing import nginx_file
from tests.deploy.sample import AT, SITE, STAMP, A, serving
from tests.deploy.test_nginx import SITE as LARGE
from tests.deploy.webserver import Web, needs_nginx, running

WIKI = {"app": "watch", "allow": ["127.0.0.9/32"], "minutes": 7}
FILES = [{"app": "deep", "allow": [], "minutes": 1}]
VISITOR, FRIEND = "127.0.0.2", "127.0.0.9"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        folder = Path(name)
        for part, template in PARTS.items():
            text = render.maintenance(template, AT, [WIKI, *FILES])
            for place in (AT.maintenance, FOLDER):
                text = text.replace(place, name)
            (folder / part).write_text(text)
        with running(LARGE, folder) as web:
            yield web


def ask(
    web: Web, host: str, path: str, *, by: str = VISITOR, method: str = "GET", accept: str = ""
) -> tuple[int, str, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, 10, source_address=(by, 0))
    try:
        body = b"x" * 5000 if method == "POST" else None
        connection.request(method, path, body, {"Host": host, "Accept": accept})
        got = connection.getresponse()
        headers = {name.lower(): value for name, value in got.headers.items()}
        return got.status, headers.get("content-type", ""), headers, got.read()
    finally:
        connection.close()


@needs_nginx
@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("example.org", "/watch"),
        ("example.org", "/watch/x?y"),
        ("example.org", "/w%61tch/"),
        ("EXAMPLE.org.", "/watch/"),
        ("watch.example.org", "/"),
        ("watch.example.org", "/.flaskyard/other"),
        ("example.org", "/files/deep/"),
    ],
)
def test_what_is_closed_is_closed_at_every_address(web: Web, host: str, path: str) -> None:
    status, kind, headers, body = ask(web, host, path)

    assert (status, kind) == (503, "text/html; charset=utf-8")
    assert headers["retry-after"] in ("420", "60")
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 32
    assert b"Closed for a while" in body


@needs_nginx
@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("example.org", "/"),
        ("example.org", "/watches/"),
        ("example.org", "/files/deepest"),
        ("example.org", "/files/deep/er/x"),
        ("choir.archive.example.org", "/"),
        ("lonely.example.net", "/watch/"),
    ],
)
def test_all_else_is_open(web: Web, host: str, path: str) -> None:
    assert ask(web, host, path)[0] == 200


@needs_nginx
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_client_that_asks_for_json_gets_it_however_it_asks(web: Web, method: str) -> None:
    status, kind, _, body = ask(
        web, "example.org", "/watch/api", method=method, accept="application/json"
    )

    assert (status, kind) == (503, "application/json")
    assert body.startswith(b'{"error": {"status": 503')


@needs_nginx
def test_those_let_through_are_and_so_is_the_server_itself(web: Web) -> None:
    assert ask(web, "example.org", "/watch/", by=FRIEND)[0] == 200
    assert ask(web, "example.org", "/watch/", by="127.0.0.1")[0] == 200
    assert ask(web, "example.org", "/files/deep/", by=FRIEND)[0] == 503


@needs_nginx
def test_what_is_no_request_is_told_so_where_all_is_closed(web: Web) -> None:
    status, _, _, body = ask(web, "watch.example.org:x", "/")

    assert status == 400
    assert b"<h1>This request cannot be read</h1>" in body


@needs_nginx
def test_nobody_sees_the_page_as_if_all_were_well(web: Web) -> None:
    assert ask(web, "example.org", "/.flaskyard/maintenance.html")[0] == 404


def found(**files: str) -> State:
    texts = {nginx_file(AT): f"include {AT.maintenance}/http.con[f];", **files}
    return serving(A).model_copy(update={"files": texts})


def wanted(*, on: bool = True, app: str = "", minutes: int = 10) -> Maintenance:
    return Maintenance(on=on, app=app, minutes=minutes, stamp=STAMP)


def written(plan: Plan) -> dict[str, str]:
    return {step.do.path: step.do.content for step in plan if isinstance(step.do, Put)}


def test_what_was_closed_is_opened_without_a_trace() -> None:
    files = written(maintain(AT, found(), A, wanted()))

    plan = maintain(AT, found(**files), A, wanted(on=False))

    gone = [str(step.do).removeprefix("rm -f ") for step in plan if "rm -f" in str(step.do)]
    assert sorted(gone) == sorted(files)
    assert gone.index(f"{AT.maintenance}/server.conf") < gone.index(f"{AT.maintenance}/http.conf")
    assert [step.undo.content for step in plan if isinstance(step.undo, Put)] == [
        files[path] for path in gone
    ]


def test_nginx_reads_it_anew_last_of_all_when_it_is_taken_back() -> None:
    plan = maintain(AT, found(), A, wanted())

    assert "nginx -s reload" in str(plan.publish[0].undo)
    assert "nginx -s reload" in str(plan.publish[-1].do)


def test_one_app_opens_and_the_others_stay_closed() -> None:
    files = written(maintain(AT, found(), A, wanted()))
    files |= written(maintain(AT, found(**files), A, wanted(app="portal")))

    after = written(maintain(AT, found(**files), A, wanted(on=False, app="portal")))

    assert '"app": ""' in after[record(AT)]
    assert '"portal"' not in after[record(AT)]


def test_what_is_so_already_is_not_done_again() -> None:
    files = written(maintain(AT, found(), A, wanted()))

    assert tuple(maintain(AT, found(**files), A, wanted())) == ()
    assert tuple(maintain(AT, found(), A, wanted(on=False))) == ()
    assert tuple(maintain(AT, found(**files), A, wanted(minutes=20))) != ()


def test_an_app_that_is_not_there_and_a_release_without_a_place_for_it_are_refused() -> None:
    with pytest.raises(PlanError, match="no app 'nope'; it has portal"):
        maintain(AT, found(), A, wanted(app="nope"))
    with pytest.raises(PlanError, match="older than maintenance"):
        maintain(AT, serving(A), A, wanted())
    with pytest.raises(PlanError, match="no live release"):
        maintain(AT, found(), None, wanted())


def test_the_configuration_of_a_site_has_a_place_for_it() -> None:
    assert f"include {AT.maintenance}/server.con[f];" in render.nginx(SITE, AT)[0]

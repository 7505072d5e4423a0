"""The cases of `tests.dispatcher.hostile` under a real gunicorn, beside a healthy app."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.dispatcher.boundary.test_request import CLAIMS
from tests.dispatcher.hostile import CASES, Case, Sees
from tests.integration.served import PATIENCE_SECONDS, Served, served, until

SITE = """\
name = "yard"
domain = "example.org"

[apps.healthy]
app = "tests.dispatcher.hostile:healthy"
path = "/"

[apps.bad]
app = "tests.dispatcher.hostile:application"
path = "/bad"

[apps.slow]
app = "slow:application"
path = "/slow"

[pools.default]
workers = 1
worker_class = "KIND"
"""

SLOW = """\
import json, os, pathlib, time

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return globals()[environ["PATH_INFO"][1:]](environ)

def steps(environ):
    yield b"first"
    while not os.path.exists("go"):
        time.sleep(0.01)
    yield b"second"

class abandoned:
    def __init__(self, environ): pass
    def __iter__(self): return self
    def __next__(self):
        time.sleep(0.01)
        return b"more" * 4096
    def close(self):
        with open("closed", "a") as file:
            file.write("closed\\n")

def file(environ):
    return environ["wsgi.file_wrapper"](open("big", "rb"))

def hints(environ):
    environ["wsgi.early_hints"]([("Link", "</look.css>; rel=preload")])
    return [b"page"]

def read(environ):
    return [environ["wsgi.input"].read()]

def told(environ):
    return [json.dumps({k: v for k, v in environ.items() if isinstance(v, str)}).encode()]

class endless:
    def __init__(self, environ): pass
    def __iter__(self): return self
    def __next__(self):
        time.sleep(0.001)
        return b"more"

def sleep(environ):
    pathlib.Path("asleep").touch()
    time.sleep(60)
    return [b"woke"]
"""

BIG = os.urandom(3_000_000)


@pytest.fixture(params=["gevent", "gthread", "sync"], scope="module")
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "site.toml").write_text(SITE.replace("KIND", request.param))
    (folder / "slow.py").write_text(SLOW)
    (folder / "big").write_bytes(BIG)
    with served(folder, "--server", "gunicorn") as site:
        yield site


def asked(site: Served, path: str) -> tuple[int, str, bool]:
    """Return the status, what came of the body, and whether some of it was missing."""
    connection = http.client.HTTPConnection(site.at, site.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{site.port}"})
        answer = connection.getresponse()
        try:
            return answer.status, answer.read().decode(), False
        except http.client.IncompleteRead as error:
            return answer.status, error.partial.decode(), True
    finally:
        connection.close()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_real_worker_survives_it_and_serves_the_others(site: Served, case: Case) -> None:
    worker = site.get("/").text

    status, text, cut = asked(site, f"/bad/{case.name}")

    match case.sees:
        case Sees.PAGE:
            assert status == 500
            assert "This part of the site has failed" in text
        case Sees.CUT:
            assert (status, text) == (200, "part")
        case Sees.WHOLE:
            assert (status, text) == (200, "whole")
    assert cut is (case.sees is Sees.CUT)
    assert site.get("/").text == worker, "the same process still serves"
    if case.logged:  # an answer has left before it is closed
        until("it is logged", lambda: f"bad ERROR GET /bad/{case.name} failed" in site.told)


class Received(io.BytesIO):
    """What came over a connection, as `http.client` reads it."""

    def makefile(self, *_: str) -> Received:
        return self

    def close(self) -> None:
        """Go on: there may be another answer."""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_answer_runs_into_the_next_on_its_connection(
    site: Served, case: Case, method: str
) -> None:
    worker = site.get("/").text.encode()
    first = f"{method} /bad/{case.name} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    second = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    received: Any = Received(site.raw((first + second).encode()))
    answer = http.client.HTTPResponse(received, method=method)
    answer.begin()
    with suppress(http.client.IncompleteRead):
        answer.read()

    if received.tell() < len(received.getvalue()):
        answer = http.client.HTTPResponse(received)
        answer.begin()
        assert (answer.status, answer.read()) == (200, worker)


@pytest.mark.parametrize("path", ["/slow/endless", "/slow/file", "/slow/abandoned"])
def test_head_has_no_body_and_asks_an_app_for_none(site: Served, path: str) -> None:
    head = f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    before, _, body = site.raw(head.encode()).partition(b"\r\n\r\n")
    assert before.startswith(b"HTTP/1.1 200 OK")
    assert body == b""


def folder_of(site: Served) -> Path:
    return site.log.parent


def test_a_part_of_an_answer_arrives_before_the_next_is_made(site: Served) -> None:
    (folder_of(site) / "go").unlink(missing_ok=True)
    connection = http.client.HTTPConnection(site.at, site.port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/slow/steps", headers={"Host": "localhost"})
    answer = connection.getresponse()

    assert answer.read(5) == b"first"
    (folder_of(site) / "go").touch()
    assert answer.read() == b"second"
    connection.close()


def test_an_answer_is_closed_once_when_its_visitor_leaves(site: Served) -> None:
    closed = folder_of(site) / "closed"
    closed.unlink(missing_ok=True)
    with socket.create_connection((site.at, site.port), PATIENCE_SECONDS) as visitor:
        visitor.sendall(b"GET /slow/abandoned HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert visitor.recv(100)

    until("it is closed", closed.exists)

    assert site.get("/").status == 200
    assert closed.read_text() == "closed\n"


def test_a_file_arrives_as_it_is(site: Served) -> None:
    connection = http.client.HTTPConnection(site.at, site.port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/slow/file", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert answer.read() == BIG
    connection.request("HEAD", "/slow/file", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.close()


def test_expect_100_continue_is_answered_before_the_body_is_sent(site: Served) -> None:
    head = b"POST /slow/read HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    with socket.create_connection((site.at, site.port), PATIENCE_SECONDS) as visitor:
        visitor.sendall(head + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert visitor.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        visitor.sendall(b"body")
        answer = b"".join(iter(lambda: visitor.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"body" in answer


@pytest.mark.parametrize("dash", ["-", "_"])
def test_what_a_client_claims_reaches_no_app_however_it_is_spelled(site: Served, dash: str) -> None:
    names = [name.removeprefix("HTTP_").replace("_", dash) for name in CLAIMS]
    claims = "".join(
        f"{name}: {value}\r\n" for name, value in zip(names, CLAIMS.values(), strict=True)
    )
    head = f"GET /slow/told HTTP/1.1\r\nHost: localhost\r\n{claims}Connection: close\r\n\r\n"

    answer = site.raw(head.encode())
    environ = json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])

    assert not environ.keys() & CLAIMS.keys()
    assert environ["SERVER_NAME"] == "localhost"


def test_early_hints_arrive_before_the_answer(site: Served) -> None:
    answer = site.raw(b"GET /slow/hints HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(
        b"HTTP/1.1 103 Early Hints\r\nLink: </look.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n"
    )


def test_a_body_that_is_no_http_is_the_visitors_fault_and_not_the_apps(site: Served) -> None:
    answer = site.raw(
        b"POST /slow/read HTTP/1.1\r\nHost: localhost\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nnot a size\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGABRT])
@pytest.mark.parametrize("site", ["gevent", "sync"], indirect=True)  # a thread cannot be stopped
def test_a_worker_that_is_told_to_stop_in_the_middle_of_a_request_stops(
    site: Served, how: signal.Signals
) -> None:
    worker = site.get("/").text
    asleep = folder_of(site) / "asleep"
    asleep.unlink(missing_ok=True)
    with socket.create_connection((site.at, site.port), PATIENCE_SECONDS) as visitor:
        visitor.sendall(b"GET /slow/sleep HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until("it sleeps", asleep.exists)
        os.kill(int(worker), how)
    until("another worker serves", lambda: another(site, worker))


def another(site: Served, worker: str) -> bool:
    """Whether another process than ``worker`` answers; one that stops may answer nothing."""
    with suppress(OSError, http.client.HTTPException):
        return site.get("/").text != worker
    return False

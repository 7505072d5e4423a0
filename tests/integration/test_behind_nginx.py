"""What an app sees and what its visitor gets through the real nginx and gunicorn."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.address import PROBE_HOST
from tests.deploy.webserver import Web, needs_nginx
from tests.dispatcher.boundary.test_request import CLAIMS
from tests.dispatcher.hostile import CASES, Case, Sees
from tests.integration.fronted import folder_of, fronted
from tests.integration.served import until

pytestmark = needs_nginx

SITE = """\
name = "yard"
domain = "example.org"

[apps.told]
app = "told:application"
path = "/"

[apps.bad]
app = "tests.dispatcher.hostile:application"
path = "/bad"
"""

TOLD = """\
import json, os, time

def steps():
    yield b"first"
    while not os.path.exists("go"):
        time.sleep(0.01)
    yield b"second"

def application(environ, start_response):
    if environ["PATH_INFO"] == "/steps":
        start_response("200 OK", [])
        return steps()
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Request-ID", "forged")])
    return [json.dumps({k: v for k, v in environ.items() if isinstance(v, str)}).encode()]
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with folder_of(SITE, told=TOLD) as folder:
        yield folder


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    with fronted(folder) as web:
        yield web


def told(web: Web, **headers: str) -> Any:
    return web.get("example.org", "/page", **headers).echo


def test_an_app_is_told_of_its_visitor_by_nginx_alone(web: Web) -> None:
    dashed = {name.removeprefix("HTTP_"): value for name, value in CLAIMS.items()}
    environ = told(web, **dashed, X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="https")

    assert not environ.keys() & CLAIMS.keys()
    assert environ["REMOTE_ADDR"] == environ["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert environ["HTTP_X_FORWARDED_PROTO"] == "http"
    assert (environ["HTTP_HOST"], environ["SERVER_NAME"]) == ("example.org", "example.org")


def test_a_header_with_underscores_is_no_way_round(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    claims = {name.removeprefix("HTTP_"): value for name, value in CLAIMS.items()}
    connection.request("GET", "/page", headers={"Host": "example.org", **claims})
    environ = json.loads(connection.getresponse().read())
    connection.close()

    assert not environ.keys() & CLAIMS.keys()


def test_nginx_app_and_visitor_call_a_request_by_one_id(web: Web) -> None:
    answer = web.get("example.org", "/page", X_Request_ID="0" * 32)
    known = answer.headers["x-request-id"]
    assert known == answer.echo["HTTP_X_REQUEST_ID"]
    assert len(known) == 32
    assert known not in ("0" * 32, told(web)["HTTP_X_REQUEST_ID"])


def test_the_log_calls_a_request_by_the_id_that_nginx_gave_it(web: Web, folder: Path) -> None:
    known = web.get("example.org", "/bad/valueerror_in_call").headers["x-request-id"]

    def lines() -> list[dict[str, Any]]:
        parsed = (json.loads(line) for line in (folder / "log").read_text().splitlines())
        return [line for line in parsed if line.get("request_id") == known]

    until("the request is logged", lambda: bool(lines()) and lines()[-1]["event"] == "request")
    assert all(line["app"] == "bad" for line in lines())
    assert any("exception" in line for line in lines())
    last = lines()[-1]
    assert (last["mount"], last["status"]) == ("example.org/bad", 500)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/status", PROBE_HOST),
        ("/status", f"{PROBE_HOST}."),
        ("/status", f"{PROBE_HOST}:80"),
        (f"http://{PROBE_HOST}/status", "example.org"),
        ("http://example.org/status", PROBE_HOST),
        (f"//{PROBE_HOST}/status", "example.org"),
    ],
)
def test_no_visitor_reaches_the_probes(web: Web, target: str, host: str) -> None:
    words = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: {PROBE_HOST}\r\n"
    with socket.create_connection(("127.0.0.1", web.port), 10) as connection:
        connection.sendall(f"{words}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"pid" not in answer
    assert b" 421 " in answer.splitlines()[0] or b'"SCRIPT_NAME"' in answer


def test_a_part_of_an_answer_passes_nginx_before_the_next_is_made(web: Web, folder: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    connection.request("GET", "/steps", headers={"Host": "example.org"})
    answer = connection.getresponse()

    assert answer.read(5) == b"first"
    (folder / "go").touch()
    assert answer.read() == b"second"
    connection.close()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_broken_app_does_looks_the_same_through_nginx(web: Web, case: Case) -> None:
    if case.sees is Sees.CUT:
        with pytest.raises(http.client.IncompleteRead) as cut:
            web.get("example.org", f"/bad/{case.name}")
        assert cut.value.partial == b"part"
        return

    answer = web.get("example.org", f"/bad/{case.name}")

    if case.sees is Sees.PAGE:
        assert answer.status == 500
        assert answer.headers["x-request-id"].encode() in answer.body
    else:
        assert (answer.status, answer.body) == (200, b"whole")


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("example.org", "/page"),
        ("example.org", "/bad/valueerror_in_call"),
        ("example.org", "/%00"),
        ("nobody.example", "/"),
    ],
)
def test_no_answer_says_which_version_of_what_gives_it(web: Web, host: str, path: str) -> None:
    answer = web.get(host, path, Accept="text/html")

    assert answer.headers["server"] == "nginx"
    told = str(answer.headers) + (answer.body.decode() if "json" not in str(answer.headers) else "")
    assert not re.search(r"(?i)(nginx|gunicorn|werkzeug|python|flask|openssl)/\d", told)

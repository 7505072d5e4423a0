"""Files that apps give out through the real nginx: whose, how, and the same as without it."""

from __future__ import annotations

import http.client
import json
import os
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.site_toml import load
from tests.deploy.webserver import Web, fronting, needs_nginx
from tests.integration.fronted import folder_of, serving
from tests.integration.served import Served, served, until

pytestmark = needs_nginx

SITE = """\
name = "yard"
domain = "example.org"

[apps.giver]
app = "giver:create_app"
path = "/"

[apps.hostile]
app = "giver:create_app"
path = "/hostile"
pool = "hostile"

[pools.default]
workers = 1

[pools.hostile]
workers = 1
"""

GIVER = """\
from flask import Flask, request
from dispatcher.downloads import FOLDER, send_download

def create_app():
    app = Flask(__name__)

    @app.get("/<name>")
    def give(name):
        return send_download(f"{request.environ[FOLDER]}/{name}", "Übersicht 100%.pdf")

    return app
"""

CONTENT = bytes(range(256)) * 40
NAME = "a b%25ü?#.pdf"


class Raw(socketserver.StreamRequestHandler):
    """A pool whose processes say what they like."""

    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        said = path.removeprefix("/hostile/leads-to").replace("~", "../")
        self.wfile.write(
            f"HTTP/1.1 200 OK\r\nX-Accel-Redirect: {said}\r\nX-Accel-Limit-Rate: 1\r\n"
            "Content-Length: 4\r\nConnection: close\r\n\r\nraw.".encode()
        )


class Upstream(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@dataclass(frozen=True)
class Both:
    """One site, behind nginx and without it."""

    folder: Path
    web: Web
    plain: Served


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with folder_of(SITE, giver=GIVER) as folder:
        for pool, app in (("default", "giver"), ("hostile", "hostile")):
            files = folder / "state" / pool / app / "downloads"
            files.mkdir(parents=True)
            (files / NAME).write_bytes(CONTENT)
            os.utime(files / NAME, (1_700_000_000, 1_700_000_000))
            (files / f"{app}.txt").write_text(f"of {app}")
            theirs = folder / "state" / "default" / "giver" / "downloads"
            (files / "folder").symlink_to(theirs)
            (files / "link.txt").symlink_to(theirs / "giver.txt")
        state = str(folder / "state" / "default")
        with (
            Upstream(f"{folder}/hostile.sock", Raw) as raw,
            serving(folder, STATE_DIRECTORY=state),
            fronting(load(folder / "site.toml"), folder) as web,
            served(folder, "--server", "gunicorn", STATE_DIRECTORY=state) as plain,
        ):
            threading.Thread(target=raw.serve_forever, args=(0.05,), daemon=True).start()
            yield Both(folder, web, plain)
            raw.shutdown()


def asked(
    port: int, host: str, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": host, **named})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


PATH = "/a%20b%2525%C3%BC%3F%23.pdf"
SENT_BY_BOTH = (
    *("content-type", "content-length", "content-disposition", "content-range", "cache-control"),
    *("etag", "last-modified", "referrer-policy", "x-content-type-options", "x-frame-options"),
)
ETAG = f'"{1_700_000_000:x}-{len(CONTENT):x}"'


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Range": "bytes=10-19"}, 206),
        ("GET", {"Range": "bytes=-5"}, 206),
        ("GET", {"Range": "bytes=99999-"}, 416),
        ("GET", {"If_None_Match": ETAG}, 304),
        ("HEAD", {"If_None_Match": f"W/{ETAG}"}, 304),
        ("GET", {"If_None_Match": '"another"'}, 200),
        ("GET", {"If_Modified_Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304),
        ("GET", {"If_Range": ETAG, "Range": "bytes=0-0"}, 206),
        ("GET", {"If_Range": '"another"', "Range": "bytes=0-0"}, 200),
        ("GET", {"X_Sendfile_Type": "X-Accel-Redirect"}, 200),
    ],
)
def test_nginx_and_the_worker_answer_alike(
    both: Both, method: str, headers: dict[str, str], status: int
) -> None:
    one = asked(both.web.port, "example.org", PATH, method, **headers)
    other = asked(both.plain.port, f"localhost:{both.plain.port}", PATH, method, **headers)

    assert one[0] == other[0] == status
    if status != 416:
        assert one[2] == other[2]
    compared = SENT_BY_BOTH if status in (200, 206) else ("etag", "content-range")
    assert {name: one[1].get(name) for name in compared} == {
        name: other[1].get(name) for name in compared
    }
    if status == 200:
        assert one[1]["content-type"] == "application/pdf"
        assert one[1]["content-disposition"].endswith("UTF-8''%C3%9Cbersicht%20100%25.pdf")
        assert one[1]["accept-ranges"] == "bytes"
    assert {"x-accel-redirect", "x-sendfile"} & {*one[1], *other[1]} == set()
    assert len(one[1]["x-request-id"]) == 32


def test_it_is_nginx_that_sends_it(both: Both) -> None:
    (status, headers, body) = asked(both.web.port, "example.org", "/giver.txt")

    assert (status, body) == (200, b"of giver")
    known = headers["x-request-id"]

    def lines() -> list[dict[str, Any]]:
        logged = (both.folder / "log").read_text().splitlines()
        return [json.loads(line) for line in logged if known in line]

    until("the request is logged", lambda: bool(lines()))
    assert [line["bytes"] for line in lines()] == [0], "of the worker"


@pytest.mark.parametrize(
    "path", ["/.flaskyard/download/giver/downloads/giver.txt", "/.flaskyard/download/"]
)
def test_nobody_can_ask_for_them_past_the_app(both: Both, path: str) -> None:
    status, _, body = asked(both.web.port, "example.org", path)

    assert status == 404
    assert b"of giver" not in body


@pytest.mark.parametrize(
    ("leads", "status"),
    [
        ("/giver.txt", 503),
        ("/", 503),
        ("/.flaskyard/error.html", 200),
        ("/.flaskyard/download/giver/downloads/giver.txt", 404),
        ("/.flaskyard/download/~default/giver/downloads/giver.txt", 404),
        ("/.flaskyard/download/..%2fdefault/giver/downloads/giver.txt", 404),
        ("/.flaskyard/download/%2e%2e/default/giver/downloads/giver.txt", 404),
        ("/.flaskyard/download/hostile/downloads/folder/giver.txt", 404),
        ("/.flaskyard/download/hostile/downloads/link.txt", 403),
        ("/.flaskyard/download", 503),
        ("/.flaskyard/downloads/hostile", 503),
        ("/.flaskyard/download/hostile/downloads/hostile.txt", 200),
    ],
)
def test_a_pool_can_lead_to_files_of_its_own_and_nowhere_else(
    both: Both, leads: str, status: int
) -> None:
    found, _, body = asked(both.web.port, "example.org", f"/hostile/leads-to{leads}")

    assert found == status
    assert b"of giver" not in body
    assert (b"of hostile" in body) == leads.endswith("hostile.txt")

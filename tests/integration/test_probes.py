"""What the probes and the log of real gunicorn workers say."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.address import PROBE_HOST
from tests.integration.served import Served, served, until

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:create_app"
path = "/"
ready = "portal:ready"

[apps.wiki]
app = "wiki:application"
path = "/wiki"

[apps.broken]
app = "broken:application"
path = "/broken"

[pools.default]
workers = 2
worker_class = "KIND"
"""

PORTAL = """\
import sys
from flask import Flask, current_app

def ready():
    return None if current_app.config.get("OPEN", True) else "closed"

def create_app():
    app = Flask(__name__)

    @app.get("/")
    def home():
        print("printed", "é")
        print("to stderr", file=sys.stderr)
        app.logger.warning("warned\\nagain")
        return "portal's home"

    @app.get("/boom")
    def boom():
        raise RuntimeError("kaput")

    return app
"""

WIKI = """\
def application(environ, start_response):
    print("to errors", file=environ["wsgi.errors"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wiki"]
"""


@contextmanager
def site(folder: Path, kind: str = "gevent") -> Iterator[Served]:
    (folder / "site.toml").write_text(SITE.replace("KIND", kind))
    (folder / "portal.py").write_text(PORTAL)
    (folder / "wiki.py").write_text(WIKI)
    (folder / "broken.py").write_text("1 / 0")
    with served(folder, "--server", "gunicorn", DISPATCHER_LOG="json") as running:
        yield running


def status(running: Served) -> Any:
    return json.loads(running.get("/status", PROBE_HOST, Accept="application/json").text)


def metric(running: Served, sample: str) -> float:
    text = running.get("/metrics", PROBE_HOST).text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(sample))


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_numbers_are_those_of_all_workers_and_stay_when_one_dies(tmp_path: Path, kind: str) -> None:
    with site(tmp_path, kind) as running:
        for _ in range(12):
            running.get("/wiki/")
        running.get("/boom")
        asked = 'dispatcher_requests_total{app="wiki",status="2xx"}'
        assert metric(running, asked) == 12
        until("both workers run", lambda: metric(running, "dispatcher_workers") == 2)
        before = {worker["pid"] for worker in status(running)["workers"]}
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        def replaced() -> bool:
            workers = status(running)["workers"]
            return len(workers) == 2 and not before & {worker["pid"] for worker in workers}

        until("both workers are replaced", replaced)
        assert metric(running, asked) == 12
        assert metric(running, 'dispatcher_errors_total{app="portal"}') == 1
        assert metric(running, "dispatcher_requests_in_flight") == 0
        assert metric(running, 'dispatcher_load_failures_total{app="broken"}') >= 1


def test_the_status_page_tells_people_what_is_wrong(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        running.get("/boom")
        page = running.get("/status", PROBE_HOST)
        told = status(running)

    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text
    assert "Not ready" in page.text
    assert '<p class="fault">broken</p>' in page.text
    assert "pool default" in page.text
    assert "RuntimeError: kaput" in page.text
    assert "ZeroDivisionError" in page.text
    assert {app["name"]: app["state"] for app in told["apps"]} == {
        "portal": "ready",
        "wiki": "ready",
        "broken": "out",
    }
    assert "ZeroDivisionError: division by zero" in told["apps"][2]["traceback"]
    assert {error["app"] for error in told["errors"]} == {"portal", "broken"}
    assert all(worker["pss_bytes"] > 2**20 for worker in told["workers"])


def test_the_folders_of_static_files_are_told_to_whoever_serves_them(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "site.css").write_text("a { color: red }")

    with site(tmp_path) as running:
        told = json.loads(running.get("/static", PROBE_HOST).text)["folders"]
        kept = running.get("/static/site.0123456789abcdef.css")

    place = str(tmp_path / "static")
    assert told == [{"app": "portal", "prefix": "/static/", "folder": place}]
    assert (kept.status, kept.text) == (200, "a { color: red }")


def test_each_line_of_the_log_of_a_server_is_json_and_names_its_app(tmp_path: Path) -> None:
    with site(tmp_path) as running:
        running.get("/?token=secret")
        running.get("/wiki/%0a%1b%5b2J")
        running.get("/boom")
        running.get("/", "nobody.localhost")
        running.get("/ready", PROBE_HOST)
        assert running.stop() == 0
        text = running.told.partition("Ctrl-C stops it.\n\n")[2]

    lines = [json.loads(line) for line in text.splitlines()]
    assert all(line["app"] in ("portal", "wiki", "broken", "dispatcher") for line in lines)
    assert "secret" not in text
    assert PROBE_HOST not in text
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["app"], line["path"], line["status"]) for line in requests] == [
        ("portal", "/", 200),
        ("wiki", "/wiki/\n\x1b[2J", 200),
        ("portal", "/boom", 500),
        ("dispatcher", "/", 421),
    ]
    first = requests[0]["request_id"]
    of_first = [line for line in lines if line.get("request_id") == first]
    assert [(line["level"], line["event"]) for line in of_first] == [
        ("info", "printed é"),
        ("warning", "to stderr"),
        ("warning", "warned\nagain"),
        ("info", "request"),
    ]
    errors = [line for line in lines if line["app"] == "wiki" and line["event"] == "to errors"]
    assert [line["request_id"] for line in errors] == [requests[1]["request_id"]]
    (boom,) = [line for line in lines if line["event"].startswith("Exception on /boom")]
    assert boom["exception"].endswith("RuntimeError: kaput")
    assert boom["request_id"] == requests[2]["request_id"]

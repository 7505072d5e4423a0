"""`dispatcher run --server gunicorn`: what serves in production, without nginx."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.served import Served, environment, served

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:create_app"
path = "/"

[apps.wiki]
app = "wiki:application"
path = "/wiki"
subdomain = "wiki"

[pools.default]
workers = 1
worker_class = "KIND"
"""

PORTAL = """\
import threading
from flask import Flask, request

def create_app():
    app = Flask(__name__)
    met = threading.Barrier(4)

    @app.get("/")
    def home():
        return "portal's home"

    @app.get("/boom")
    def boom():
        raise RuntimeError("kaput")

    @app.get("/meet")
    def meet():
        met.wait(10)
        return "met"

    @app.get("/how")
    def how():
        from gevent import monkey
        return {
            "patched": monkey.is_module_patched("socket"),
            "scheme": request.scheme,
            "debug": app.debug,
        }

    return app
"""

WIKI = """\
import logging

def application(environ, start_response):
    logging.getLogger("wiki").warning("asked for %s", environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wiki at " + environ["SCRIPT_NAME"].encode() + b"|" + environ["PATH_INFO"].encode()]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE.replace("KIND", "gevent"))
    (tmp_path / "portal.py").write_text(PORTAL)
    (tmp_path / "wiki.py").write_text(WIKI)
    return tmp_path


def gunicorn(folder: Path, kind: str = "gevent") -> AbstractContextManager[Served]:
    (folder / "site.toml").write_text(SITE.replace("KIND", kind))
    return served(folder, "--server", "gunicorn")


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_every_kind_of_pool_serves_both_addresses_and_only_gevent_is_patched(
    folder: Path, kind: str
) -> None:
    with gunicorn(folder, kind) as site:
        assert site.get("/").text == "portal's home"
        assert site.get("/wiki/page").text == "wiki at /wiki|/page"
        assert site.get("/page", "wiki.localhost").text == "wiki at |/page"
        assert site.get("/", "nobody.localhost").status == 421
        assert json.loads(site.get("/how").text) == {
            "patched": kind == "gevent",
            "scheme": "http",
            "debug": False,
        }


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_one_worker_serves_requests_that_wait_for_each_other(folder: Path, kind: str) -> None:
    with gunicorn(folder, kind) as site, ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: site.get("/meet").text, range(4))
        assert set(answers) == {"met"}


def test_each_line_of_the_log_begins_with_the_app_it_is_about(folder: Path) -> None:
    with gunicorn(folder) as site:
        site.get("/wiki/page")
        site.get("/boom")
        site.get("/", "nobody.localhost")
        assert site.stop() == 0
        lines = site.told.partition("Ctrl-C stops it.\n\n")[2].splitlines()

    firsts = {line.split()[0] for line in lines}
    assert firsts == {"portal", "wiki", "dispatcher"}
    assert all(line.split()[1] in ("INFO", "WARNING", "ERROR") for line in lines)
    assert "wiki WARNING asked for /page" in lines
    assert any(
        line.startswith("wiki INFO 200 GET localhost") and "/wiki/page" in line for line in lines
    )
    assert "portal ERROR RuntimeError: kaput" in lines
    assert any(line.startswith("dispatcher INFO 421 GET nobody.localhost") for line in lines)


def test_a_connection_that_served_an_app_before_is_not_logged_as_its_for_good(folder: Path) -> None:
    ask = b"GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n"
    with gunicorn(folder) as site:
        last = ask % (b"nobody.localhost", b"Connection: close\r\n")
        assert b" 421 " in site.raw(ask % (b"wiki.localhost", b"") + last)
        site.stop()
        assert "dispatcher INFO 421 GET nobody.localhost" in site.told


def test_nothing_warns_that_it_was_patched_too_late(folder: Path) -> None:
    with gunicorn(folder) as site:
        site.get("/")
        assert "Warning" not in site.told


def test_ctrl_c_ends_it_soon_and_without_a_traceback(folder: Path) -> None:
    with gunicorn(folder) as site:
        site.get("/")
        before = time.monotonic()
        assert site.stop() == 0
        assert time.monotonic() - before < 10
        assert "Traceback" not in site.told


SLOW = """\
from dispatcher.gunicorn import *
import time

def post_fork(server, worker):
    print("forked", flush=True)
    time.sleep(60)
"""


def test_a_worker_that_is_told_to_stop_as_it_begins_is_not_waited_for(folder: Path) -> None:
    settings = folder / "slow.py"
    settings.write_text(SLOW)
    words = ("-m", "gunicorn", "--config", str(settings), "--bind", f"unix:{folder}/socket")
    with subprocess.Popen(
        (sys.executable, *words),
        cwd=folder,
        env={**environment(), "DISPATCHER_SITE": str(folder / "site.toml")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as master:
        assert master.stdout is not None
        next(line for line in master.stdout if "forked" in line)
        before = time.monotonic()
        master.terminate()
        master.communicate(timeout=40)

    assert master.returncode == 0
    assert time.monotonic() - before < 10


def test_a_broken_app_is_out_and_told_by_the_probe_while_the_others_serve(folder: Path) -> None:
    (folder / "wiki.py").write_text("1 / 0")
    with gunicorn(folder) as site:
        assert site.get("/wiki/").status == 503
        assert site.get("/").status == 200
        answer = site.get("/ready", "dispatcher.internal")
        assert answer.status == 503
        assert "ZeroDivisionError" in json.loads(answer.text)["apps"]["wiki"]
        assert "wiki ERROR ZeroDivisionError: division by zero" in site.told


@pytest.mark.parametrize(
    "header",
    [
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Ssl": "on", "X_Forwarded_Proto": "http"},
        {"Script_Name": "/evil"},
    ],
)
def test_nothing_a_stranger_says_of_proxies_is_believed(
    folder: Path, header: dict[str, str]
) -> None:
    with gunicorn(folder) as site:
        assert json.loads(site.get("/how", **header).text)["scheme"] == "http"
        assert site.get("/wiki/", **header).text == "wiki at /wiki|/"
        assert b" 400 " in site.raw(b"GET / HTTP/1.0\r\n\r\n").splitlines()[0]

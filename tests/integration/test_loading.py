"""An app that hangs, exits or breaks while it loads, under real gunicorn: the others serve."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.served import served, until

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:application"
path = "/"

[apps.spins]
app = "spins:application"
path = "/spins"
load_seconds = 1

[apps.sleeps]
app = "sleeps:application"
path = "/sleeps"
load_seconds = 1

[apps.exits]
app = "exits:application"
path = "/exits"

[apps.lazy]
app = "lazy:application"
path = "/lazy"
load = "lazy"
load_seconds = 2

[pools.default]
workers = 1
worker_class = "KIND"
"""

TWO = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:zone"
path = "/"

[apps.meddles]
app = "meddles:application"
path = "/meddles"

[pools.default]
workers = 1
worker_class = "KIND"
"""

HERE = """\
import logging, time
logger = logging.getLogger(__name__)
def zone(environ, start_response):
    logger.info("asked for the zone")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [time.tzname[0].encode()]
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""

MEDDLES = """\
import logging.config, os, socket, threading, time
logging.config.dictConfig({"version": 1, "root": {"level": "CRITICAL", "handlers": []}})
os.environ["TZ"] = "Asia/Tokyo"
time.tzset()
socket.setdefaulttimeout(0.01)
threading.Thread(target=threading.Event().wait, name="for ever").start()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "portal.py").write_text(HERE)
    (tmp_path / "spins.py").write_text("while True: pass")
    (tmp_path / "sleeps.py").write_text("import threading\nthreading.Event().wait()")
    (tmp_path / "meddles.py").write_text(f"{MEDDLES}{HERE}")
    (tmp_path / "exits.py").write_text("import sys\nsys.exit(3)")
    (tmp_path / "lazy.py").write_text(f"import time\ntime.sleep(60)\n{HERE}")
    return tmp_path


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_apps_that_cannot_be_loaded_are_out_and_the_pool_starts_and_serves(
    folder: Path, kind: str
) -> None:
    (folder / "site.toml").write_text(SITE.replace("KIND", kind))
    with served(folder, "--server", "gunicorn") as site:
        assert site.get("/").text == "here"
        faults = json.loads(site.get("/ready", "dispatcher.internal").text)["apps"]
        assert "it took longer than 1 s" in faults["spins"]
        assert "spins.py, line 1)" in faults["spins"]
        assert "it took longer than 1 s" in faults["sleeps"]
        assert "SystemExit: 3" in faults["exits"]
        assert not faults["portal"]
        for path in ("/spins/", "/sleeps/", "/exits/"):
            answer = site.get(path)
            assert (answer.status, site.get("/").status) == (503, 200)
            assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_others_log_and_serve_on_as_before_whatever_an_app_changed_for_all(
    folder: Path, kind: str
) -> None:
    (folder / "site.toml").write_text(TWO.replace("KIND", kind))
    with served(folder, "--server", "gunicorn", TZ="Europe/Berlin") as site:
        assert site.get("/meddles/").text == "here"
        assert site.get("/").text == "CET"
        assert "portal INFO asked for the zone" in site.told
        line = f"portal INFO 200 GET localhost:{site.port}/ "
        until("the line that follows the answer", lambda: line in site.told)
        assert "meddles WARNING meddles: loading it changed for all apps here: time" in site.told


def test_an_app_that_failed_is_tried_again_less_often_each_time_until_it_can_be_loaded(
    folder: Path,
) -> None:
    (folder / "meddles.py").write_text(f'open("{folder}/needed")\n{HERE}')
    (folder / "site.toml").write_text(TWO.replace("KIND", "gevent"))
    with served(folder, "--server", "gunicorn") as site:
        waits: dict[int, None] = {}  # in the order in which they came

        def waits_longer() -> bool:
            waits[int(site.get("/meddles/").headers["Retry-After"])] = None
            return 2 in waits

        until("the second failure, with 2 s to wait", waits_longer)
        assert next(iter(waits)) == 1
        assert "FileNotFoundError" in site.get("/status", "dispatcher.internal").text
        assert site.told.count("FileNotFoundError: [Errno 2]") == 2, "in the line, its traceback"

        (folder / "needed").touch()
        site.shows("here", "/meddles/")
        assert site.get("/").status == 200


def test_nobody_waits_while_another_app_is_loaded_with_its_first_request(folder: Path) -> None:
    (folder / "site.toml").write_text(SITE.replace("KIND", "gevent"))
    with served(folder, "--server", "gunicorn") as site, ThreadPoolExecutor(1) as pool:
        lazy = pool.submit(site.get, "/lazy/")
        answered = 0
        while not lazy.done():
            assert site.get("/").status == 200
            answered += 1
        assert lazy.result().status == 503
        assert answered > 10, "it takes two seconds to give up"
        assert "it took longer than 2 s" in site.told

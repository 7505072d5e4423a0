"""An app that hangs, exits or breaks while it loads, under real gunicorn: the others serve."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.served import served

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

HERE = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "portal.py").write_text(HERE)
    (tmp_path / "spins.py").write_text("while True: pass")
    (tmp_path / "sleeps.py").write_text("import threading\nthreading.Event().wait()")
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

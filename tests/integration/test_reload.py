"""What is edited is served within a moment, and nobody is refused meanwhile."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.served import PATIENCE_SECONDS, ROOT, Served, listens, served, until

APPS = ("one", "two", "three", "four", "five", "six")

APP = """\
import os, time
from flask import Flask

TEXT = "version 1"

def create_app():
    app = Flask(__name__)

    @app.get("/")
    def index():
        return f"{__name__} {TEXT}"

    @app.get("/process")
    def process():
        return f"{os.getppid()} {os.getpid()}"

    @app.get("/slow")
    def slow():
        open("begun", "w").close()
        time.sleep(0.5)
        return TEXT

    @app.get("/gone")
    def gone():
        os._exit(3)

    return app
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a site of six apps."""
    lines = ['name = "yard"', 'domain = "example.org"']
    for name in APPS:
        lines += [f"[apps.{name}]", f'app = "yard.{name}:create_app"', f'path = "/{name}"']
        (tmp_path / "yard" / name).mkdir(parents=True)
        (tmp_path / "yard" / name / "__init__.py").write_text(APP)
    (tmp_path / "site.toml").write_text("\n".join(lines))
    return tmp_path


def save(folder: Path, app: str, version: int) -> None:
    """Write another version, of the same length, as an editor does: beside, then over it."""
    file = folder / "yard" / app / "__init__.py"
    beside = file.with_name("__init__.py.tmp")
    beside.write_text(APP.replace("version 1", f"version {version}"))
    beside.replace(file)


def process(site: Served) -> str:
    return site.get("/one/process").text


@pytest.fixture
def ready(folder: Path) -> Iterator[Served]:
    """Serve the site; what every process would import is loaded."""
    with served(folder) as site:
        for app in APPS:
            assert site.get(f"/{app}/").text == f"yard.{app} version 1"
        yield site


def test_an_edit_of_one_of_six_apps_is_served_in_under_a_second(
    folder: Path, ready: Served
) -> None:
    parent = process(ready).split()[0]
    seconds = []
    for version in (2, 3, 4, 5, 6):
        before = time.monotonic()
        save(folder, "three", version)
        until("the new version", lambda: f"version {version}" in ready.get("/three/").text)  # noqa: B023
        seconds.append(time.monotonic() - before)
    assert statistics.median(seconds) < 1
    assert process(ready).split()[0] == parent
    assert "Changed: yard/three/__init__.py\n" in ready.told
    assert "version 1" in ready.get("/four/").text


def test_no_request_fails_while_files_change(folder: Path, ready: Served) -> None:
    done, failures, answers = threading.Event(), [], []

    def ask() -> None:
        while not done.is_set():
            try:
                answers.append(ready.get("/two/").status)
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)

    visitors = [threading.Thread(target=ask) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    for version in (2, 3, 4):
        save(folder, "two", version)
        ready.shows(f"version {version}", "/two/")
    done.set()
    for visitor in visitors:
        visitor.join()
    assert failures == []
    assert set(answers) == {200}


def test_a_request_that_has_begun_is_finished_by_the_code_it_began_with(
    folder: Path, ready: Served
) -> None:
    told: list[str] = []
    visitor = threading.Thread(target=lambda: told.append(ready.get("/one/slow").text))
    visitor.start()
    until("the request has begun", (folder / "begun").exists)

    save(folder, "one", 2)
    ready.shows("version 2", "/one/")

    visitor.join()
    assert told == ["version 1"]


def test_files_that_are_no_code_start_nothing(folder: Path, ready: Served) -> None:
    before = process(ready)
    app = folder / "yard" / "one"
    for name in (
        "templates/x.html",
        "static/x.py",
        "__pycache__/x.py",
        ".#__init__.py",
        "__init__.py~",
        "4913",
        "x.sqlite3",
    ):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).write_text("x")
    (folder / "instance").mkdir(exist_ok=True)
    (folder / "instance" / "x.py").write_text("x")
    (folder / "x.log").write_text("x")
    assert process(ready) == before

    (app / "targets.toml").write_text("x")  # changes are told in order: the rest was none
    until("what the app may have read starts it", lambda: process(ready) != before)
    assert "version 1" in ready.get("/one/").text


def test_a_mistake_in_one_app_is_shown_there_and_mended_the_others_serve(
    folder: Path, ready: Served
) -> None:
    file = folder / "yard" / "five" / "__init__.py"
    file.write_text("def create_app(:")
    ready.shows("SyntaxError", "/five/")
    assert ready.get("/five/").status == 503
    assert ready.get("/six/").status == 200

    save(folder, "five", 2)
    ready.shows("version 2", "/five/")


def test_a_module_that_apps_share_is_watched_where_it_lies(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "shared" / "words.py").write_text("WORD = 'old'")
    file = folder / "yard" / "one" / "__init__.py"
    file.write_text(f"from shared.words import WORD\n{APP.replace('{TEXT}', '{WORD}')}")
    with served(folder) as site:
        site.shows("old", "/one/")
        before = process(site)
        until("all apps are loaded and told of", lambda: site.get("/six/").status == 200)

        (folder / "shared" / "words.py").write_text("WORD = 'new'")

        site.shows("new", "/one/")
        assert process(site) != before


def test_a_module_that_only_a_request_imports_is_watched_too(folder: Path) -> None:
    (folder / "late").mkdir()
    (folder / "late" / "words.py").write_text("WORD = 'old'")
    file = folder / "yard" / "one" / "__init__.py"
    late = "    @app.get('/late')\n    def late():\n        import late.words\n"
    late += "        return late.words.WORD\n\n    return app"
    file.write_text(APP.replace("    return app", late))
    with served(folder) as site:
        site.shows("old", "/one/late")

        (folder / "late" / "words.py").write_text("WORD = 'new'")

        site.shows("new", "/one/late")


def test_a_process_that_an_app_ended_is_replaced(ready: Served) -> None:
    before = process(ready)
    time.sleep(1)  # one that ends sooner is not: it would do so again
    with suppress(OSError, http.client.HTTPException):
        ready.get("/one/gone")

    assert process(ready) != before
    assert "ended with status 3; it is started again" in ready.told


def test_without_the_process_that_watches_it_ends_and_says_so(ready: Served) -> None:
    parent, serving = process(ready).split()
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    (watching,) = set(children) - {serving}

    os.kill(int(watching), signal.SIGKILL)

    assert ready.process.wait(PATIENCE_SECONDS) == 1
    assert "Error: the process that watches the files has ended" in ready.told
    assert not listens(ready.at, ready.port)


def test_when_it_is_killed_nothing_of_it_stays(ready: Served) -> None:
    os.kill(ready.process.pid, signal.SIGKILL)
    until("the port is free", lambda: not listens(ready.at, ready.port))


def test_the_dispatchers_own_code_is_served_anew_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "dispatcher", tmp_path / "dispatcher")
    pages = tmp_path / "dispatcher" / "routing" / "router.py"
    with served(folder) as site:
        site.shows("There is nothing at this address.", "/")

        pages.write_text(pages.read_text().replace("There is nothing at", "Nobody is at"))

        site.shows("Nobody is at this address.", "/")
        site.shows("version 1", "/six/")
        assert site.stop() == 0


def test_without_watchdog_werkzeug_reloads(folder: Path) -> None:
    (folder / "watchdog.py").write_text("raise ImportError('not installed')")
    with served(folder) as site:
        site.shows("version 1", "/one/")
        save(folder, "one", 2)
        site.shows("version 2", "/one/")


def test_a_connection_that_says_nothing_keeps_nobody_waiting(ready: Served) -> None:
    with socket.create_connection((ready.at, ready.port)):
        assert ready.get("/one/").status == 200

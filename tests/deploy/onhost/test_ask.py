"""`deploy.onhost.ask`, run as a server runs it, against a real gunicorn."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import perform
from deploy.acting.steps import Script
from deploy.onhost.ask import ANSWER_BYTES, get, ready
from deploy.release import parts
from dispatcher.registry.site_toml import load

ROOT = Path(__file__).parents[3]

APP = """\
from flask import Flask

def create_app():
    app = Flask(__name__)

    @app.get("/")
    def home():
        return "hello"

    @app.get("/broken/")
    def broken():
        raise RuntimeError("on purpose")

    return app
"""

SITE = """\
name = "tiny"
domain = "example.org"
apps.home = {app = "tinyapp:create_app", path = "/"}
pools.default.workers = 3
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short name: the path of a socket may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="ask-") as name:
        yield Path(name)


@contextmanager
def serving(folder: Path, *, release: str, site: str, app: str = APP) -> Iterator[str]:
    """Serve a site on a unix socket; return its path once a worker can be there."""
    (folder / "site.toml").write_text(site)
    (folder / "tinyapp.py").write_text(app)
    path = folder / "pool.sock"
    words = ["gunicorn", "--config", "python:dispatcher.gunicorn", "--bind", f"unix:{path}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT}:{folder}",
                "DISPATCHER_SITE": f"{folder}/site.toml",
                "DISPATCHER_RELEASE": release,
                "DISPATCHER_POOL": "default",
            },
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        yield str(path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def ask(
    path: str, *, workers: int = 3, at: str | tuple[str, str] = "", seconds: float = 20
) -> Outcome:
    pool = {"name": "default", "workers": workers, "socket": path}
    addresses = [["example.org", at] if isinstance(at, str) else list(at)]
    given = {"release": "r1", "seconds": seconds, "pools": [{**pool, "addresses": addresses}]}
    return perform(Script.of("ask", given), Here())


@pytest.fixture(scope="module")
def well() -> Iterator[str]:
    """Give the socket of a release that is well."""
    with (
        tempfile.TemporaryDirectory(prefix="ask-") as name,
        serving(Path(name), release="r1", site=SITE) as path,
    ):
        yield path


@pytest.mark.serving
def test_a_release_is_well_once_every_worker_and_app_has_answered(well: str) -> None:
    assert ask(well) == Outcome(0, "", "")


@pytest.mark.serving
def test_another_release_is_refused(folder: Path) -> None:
    with serving(folder, release="r0", site=SITE) as path:
        assert ask(path) == Outcome(1, "", "pool default answers as release 'r0'\n")


@pytest.mark.serving
def test_an_app_that_answers_500_is_refused(well: str) -> None:
    assert ask(well, at="/broken") == Outcome(1, "", "example.org/broken/ answers 500\n")


@pytest.mark.serving
def test_too_few_workers_are_refused_in_time(well: str) -> None:
    assert ask(well).exit_code == 0

    outcome = ask(well, workers=4, seconds=0.5)

    assert outcome == Outcome(1, "", "pool default: 3 of 4 workers answered in time\n")


@pytest.mark.serving
def test_an_app_that_cannot_be_imported_is_named(folder: Path) -> None:
    with serving(folder, release="r1", site=SITE.replace("tinyapp:create", "tinyapp:none")) as path:
        outcome = ask(path)

    assert outcome.exit_code == 1
    assert outcome.err.startswith("pool default is not ready: ")
    assert "tinyapp" in outcome.err


def test_nobody_answering_is_told_in_time(folder: Path) -> None:
    outcome = ask(f"{folder}/none.sock", seconds=0.1)

    told = "pool default does not answer: [Errno 2] No such file or directory\n"
    assert outcome == Outcome(1, "", told)


@pytest.mark.serving
def test_a_page_that_hangs_is_named_and_none_that_waits_behind_it(folder: Path) -> None:
    hangs = APP.replace("raise RuntimeError", "import time; time.sleep(600)  # ")
    site = SITE.replace("workers = 3", "workers = 1")
    behind = [["example.org", path] for path in ("/broken", "", "/other", "/another")]
    with serving(folder, release="r1", site=site, app=hangs) as path:
        assert ask(path, workers=1).exit_code == 0
        hanging = ready("r1", {"name": "default", "socket": path})
        began = time.monotonic()
        pool = {"name": "default", "workers": 1, "socket": path, "addresses": behind}
        given = {"release": "r1", "seconds": 2, "pools": [pool]}
        outcome = perform(Script.of("ask", given), Here())
        took = time.monotonic() - began
        os.kill(hanging, signal.SIGKILL)

    assert outcome == Outcome(1, "", "example.org/broken/ hangs: no answer for 2 s\n")
    assert took < 4


def test_an_answer_that_is_not_the_dispatchers_is_no_traceback(folder: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{folder}/odd.sock")
    listener.listen()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 502 Bad\r\nContent-Length: 2\r\n\r\n[]")

    thread = threading.Thread(target=answer)
    thread.start()
    outcome = ask(f"{folder}/odd.sock", workers=1, seconds=5)
    thread.join()
    listener.close()

    assert outcome == Outcome(1, "", "pool default answers 502, not as a dispatcher does\n")


ENDLESS = {
    "a status line": (b"", b"H"),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Release: ", b"r"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "answers before the answer": (b"", b"HTTP/1.1 100 Go on\r\n\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\nX-Release: r1\r\n\r\n", b"a"),
    "a body in chunks": (
        b"HTTP/1.1 200 OK\r\nX-Release: r1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1\r\na\r\n",
    ),
}


@contextmanager
def endless(folder: Path, begin: bytes, go_on: bytes, pause: float) -> Iterator[str]:
    """Answer whoever asks without an end, as a hostile release may; give the socket's path."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{folder}/endless.sock")
    listener.listen()

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), connection:
                    connection.recv(4096)
                    connection.sendall(begin)
                    while not over.wait(pause):
                        connection.sendall(go_on)

    over = threading.Event()
    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield f"{folder}/endless.sock"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("what", ENDLESS)
def test_an_answer_without_an_end_is_not_heard_to_it(folder: Path, what: str) -> None:
    with endless(folder, *ENDLESS[what], pause=0.01) as path:
        if "body" in what:
            status, release, body = get(path, "example.org", "/", 0.3)
            assert (status, release, set(body)) == (200, "r1", set(b"a"))
        else:
            with pytest.raises(TimeoutError, match=r"no answer for 0\.3 s|no end"):
                get(path, "example.org", "/", 0.3)


def test_of_an_endless_body_no_more_is_kept_than_has_a_place(folder: Path) -> None:
    begin, _ = ENDLESS["a body"]
    with endless(folder, begin, b"a" * 1_000_000, pause=0) as path:
        _, _, body = get(path, "example.org", "/", 60)

    assert ANSWER_BYTES <= len(body) < ANSWER_BYTES + 1_000_000


TENANTS = """\
name = "tiny"
domain = "example.org"
apps.clubs = {app = "tinyapp:create_club", tenants = "/t/<tenant>"}
apps.groups = {app = "tinyapp:create_club", tenants = "*.groups"}
apps.lost = {app = "tinylost:create_club", tenants = "/lost/<tenant>"}
pools.default.workers = 1
"""

CLUBS = """\
def create_club(tenant):
    raise AssertionError("nobody is to make an instance")

def tenant_exists(tenant):
    return False
"""


@pytest.mark.serving
def test_of_tenants_it_is_asked_whether_the_app_can_say_who_they_are(folder: Path) -> None:
    (folder / "tinylost.py").write_text(
        CLUBS.replace("return False", "raise OSError('no database')")
    )
    (folder / "site.toml").write_text(TENANTS)
    (part,) = parts(load(folder / "site.toml"))
    clubs, groups, lost = part.addresses

    with serving(folder, release="r1", site=TENANTS, app=CLUBS) as path:
        assert ask(path, workers=1, at=clubs) == Outcome(0, "", "")
        assert ask(path, workers=1, at=groups) == Outcome(0, "", "")
        assert ask(path, workers=1, at=lost) == Outcome(
            1, "", "example.org/lost/unknown-tenant/ answers 500\n"
        )

"""What the keys of a pool do to real gunicorn workers."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.served import PATIENCE_SECONDS, Served, served, until

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:application"
path = "/"

[pools.default]
workers = 1
"""

PORTAL = """\
import gc, os, time
from pathlib import Path

LOADED_BY = os.getpid()

def parts():
    for number in range(20):
        time.sleep(0.05)
        yield b"%d\\n" % number

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    match environ["PATH_INFO"]:
        case "/stream":
            return parts()
        case "/spin":
            Path("spinning").touch()
            while not Path("enough").exists():
                pass
        case "/worker":
            frozen = gc.get_freeze_count() > 1000
            return [f"{os.getpid()} {LOADED_BY == os.getpid()} {frozen}".encode()]
    return [b"here"]
"""


@contextmanager
def pool(folder: Path, *lines: str, portal: str = PORTAL) -> Iterator[Served]:
    (folder / "site.toml").write_text(SITE + "\n".join(lines))
    (folder / "portal.py").write_text(portal)
    with served(folder, "--server", "gunicorn") as site:
        yield site


def asked(site: Served, request: bytes) -> socket.socket:
    connection = socket.create_connection((site.at, site.port), PATIENCE_SECONDS)
    connection.sendall(request + b"\r\nHost: localhost\r\n\r\n")
    return connection


def rest(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_a_stream_that_has_begun_is_sent_whole_before_the_worker_stops(
    tmp_path: Path, kind: str
) -> None:
    with pool(tmp_path, f'worker_class = "{kind}"') as site:
        stream = asked(site, b"GET /stream HTTP/1.0")
        begun = stream.recv(65536)
        os.kill(site.process.pid, signal.SIGTERM)
        answer = begun + rest(stream)
        assert site.process.wait(PATIENCE_SECONDS) == 0
    assert b"200 OK" in answer
    assert answer.endswith(b"".join(b"%d\n" % number for number in range(20)))


def test_a_client_that_never_pauses_lets_the_others_in(tmp_path: Path) -> None:
    count = 3000
    with pool(tmp_path) as site:
        page = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        busy = socket.create_connection((site.at, site.port), PATIENCE_SECONDS)
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        other = socket.create_connection((site.at, site.port), PATIENCE_SECONDS)
        busy.sendall(page * count)  # all there before the first is answered
        other.sendall(page.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert b"200 OK" in rest(other)
        busy.setblocking(False)
        answered = 0
        try:
            while data := busy.recv(1 << 22):
                answered += data.count(b"200 OK")
        except BlockingIOError:
            pass
        busy.close()
    assert answered < count


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_a_worker_is_replaced_after_about_as_many_requests_as_said(
    tmp_path: Path, kind: str
) -> None:
    with pool(tmp_path, f'worker_class = "{kind}"', "max_requests = 3") as site:
        first = site.get("/worker").text

        def replaced() -> bool:
            return site.get("/worker").text != first

        until("another worker answers", replaced)


LEAKING = """\
import os, resource

resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
kept = []

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/leak":
        while len(os.listdir("/proc/self/fd")) < 190:
            kept.append(os.open("/dev/null", os.O_RDONLY))
    return [str(os.getpid()).encode()]
"""


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_a_worker_is_replaced_before_it_can_open_nothing_more(tmp_path: Path, kind: str) -> None:
    with pool(tmp_path, f'worker_class = "{kind}"', portal=LEAKING) as site:
        first = site.get("/leak").text
        until("another worker answers", lambda: site.get("/").text != first)
        assert "are open: it ends" in site.told


def test_apps_are_loaded_once_and_frozen_and_in_each_worker_where_they_cannot_be_shared(
    tmp_path: Path,
) -> None:
    with pool(tmp_path) as site:
        assert site.get("/worker").text.split()[1:] == ["False", "True"]
    with pool(tmp_path, "preload = false") as site:
        assert site.get("/worker").text.split()[1:] == ["True", "False"]


def test_a_worker_that_gives_no_sign_of_life_is_replaced(tmp_path: Path) -> None:
    with pool(tmp_path, "timeout = 1") as site:
        before = site.get("/worker").text
        with asked(site, b"GET /spin HTTP/1.0"):
            until("it spins", (tmp_path / "spinning").exists)
            assert site.get("/worker").text != before
        (tmp_path / "enough").touch()


def opened_by(pid: object) -> set[str]:
    """Return what a process has open, save what it closes this very moment."""
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(file.readlink()))
    return found


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_a_sign_of_life_waits_for_no_disk_and_no_pool_listens_elsewhere(
    tmp_path: Path, kind: str
) -> None:
    with pool(tmp_path, f'worker_class = "{kind}"') as site:
        worker = site.get("/worker").text.split()[0]
        opened = opened_by(worker) | opened_by(site.process.pid)
        sockets = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    assert any(name.startswith("/dev/shm/wgunicorn-") for name in opened)
    named = [words[7] for words in sockets if f"socket:[{words[6]}]" in opened and len(words) > 7]
    assert named == []


LIMITS = {
    b"GET /%s HTTP/1.0" % (b"x" * 8000): b" 200 ",
    b"GET /%s HTTP/1.0" % (b"x" * 8200): b" 414 ",
    b"GET / HTTP/1.0\r\nX-Long: " + b"x" * 8200: b" 431 ",
    b"GET / HTTP/1.0" + b"\r\nX-Many: x" * 120: b" 431 ",
}


def test_requests_are_bounded_as_nginx_bounds_them(tmp_path: Path) -> None:
    with pool(tmp_path) as site:
        for request, status in LIMITS.items():
            assert status in rest(asked(site, request)).splitlines()[0]

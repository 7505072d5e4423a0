"""Celery with a real Redis, and APScheduler, as docs/jobs.md has them: nothing begun is lost."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SITE = """\
name = "yard"
domain = "example.org"

[apps.club]
app = "club:create_app"
path = "/club"
env.BROKER = "redis://127.0.0.1:{port}/0"
workers.mail = "celery --app club:tasks worker --concurrency 1 --loglevel INFO"
schedule = "club:clock"
"""

CLUB = """\
import os
import time
from pathlib import Path

from apscheduler.schedulers.blocking import BlockingScheduler
from celery import Celery
from flask import Flask

tasks = Celery("club", broker=os.environ["BROKER"])
tasks.conf.broker_connection_retry_on_startup = True
tasks.conf.task_acks_late = True
tasks.conf.worker_prefetch_multiplier = 1
log = Path("log")


def note(text):
    with log.open("a") as file:
        file.write(text + "\\n")


@tasks.task
def send(name):
    note(f"begins {name}")
    time.sleep(1)
    note(f"ended {name}")


def tick():
    note("tick begins")
    time.sleep(0.5)
    note("tick ended")


def clock():
    scheduler = BlockingScheduler()
    scheduler.add_job(tick, "interval", seconds=0.2, misfire_grace_time=600)
    return scheduler


def create_app():
    return Flask(__name__)
"""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Give the port of a server that keeps nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    folder = str(tmp_path_factory.mktemp("redis"))
    words = ("redis-server", "--port", str(port), "--save", "", "--dir", folder)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        until(lambda: answers(port))
        yield port
        server.terminate()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(100).startswith(b"+PONG")
    except OSError:
        return False


def until(so: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, "it does not become so"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path, redis: int) -> Path:
    (tmp_path / "site.toml").write_text(SITE.format(port=redis))
    (tmp_path / "club.py").write_text(CLUB)
    return tmp_path


def noted(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


@contextmanager
def working(folder: Path, which: str) -> Iterator[subprocess.Popen[str]]:
    """Run a job as the unit on a server would."""
    words = (sys.executable, "-m", "dispatcher", "work", "club", which)
    output = (folder / f"{which}.out").open("a")
    with (
        output,
        subprocess.Popen(words, cwd=folder, stdout=output, stderr=output, text=True) as job,
    ):
        try:
            yield job
        finally:
            job.kill()


def send(folder: Path, port: int, *names: str) -> None:
    code = "import sys, club; [club.send.delay(name) for name in sys.argv[1:]]"
    broker = {"BROKER": f"redis://127.0.0.1:{port}/0", "PATH": "/usr/bin:/bin"}
    subprocess.run((sys.executable, "-c", code, *names), cwd=folder, env=broker, check=True)


def test_a_worker_of_celery_that_is_told_to_end_finishes_its_task_and_leaves_the_next(
    folder: Path, redis: int
) -> None:
    send(folder, redis, "a", "b")
    with working(folder, "mail") as old:
        until(lambda: "begins a" in noted(folder))
        old.send_signal(signal.SIGTERM)
        with working(folder, "mail") as new:
            assert old.wait(30) == 0
            assert "ended a" in noted(folder)
            until(lambda: "ended b" in noted(folder))
            new.send_signal(signal.SIGTERM)
            assert new.wait(30) == 0

    assert sorted(noted(folder)) == ["begins a", "begins b", "ended a", "ended b"]


def test_a_schedule_of_apscheduler_ends_once_its_job_has(folder: Path) -> None:
    with working(folder, "schedule") as clock:
        until(lambda: "tick begins" in noted(folder))
        clock.send_signal(signal.SIGTERM)
        assert clock.wait(30) == 0

    said = noted(folder)
    assert said.count("tick begins") == said.count("tick ended") > 0

"""A release that is worse than the one before is told within its first seconds."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from deploy.onhost import watch
from deploy.onhost.ask import Unwell
from deploy.onhost.watch import Answers
from tests.deploy.onhost.systemctl import runs, stand_in
from tests.deploy.webserver import Upstream

METRICS = """\
# HELP dispatcher_errors_total Answers of 500 and above
dispatcher_requests_total{{app="a",status="200"}} 7
dispatcher_errors_total{{app="a"}} {errors}
dispatcher_errors_total{{app="b"}} 1
dispatcher_request_seconds_sum{{app="a"}} {seconds}
dispatcher_request_seconds_count{{app="a"}} {count}
"""


@dataclass
class Pool:
    """What a pool answers: each time the next, and the last for ever."""

    path: str
    metrics: list[tuple[int, float, int]] = field(default_factory=lambda: [(0, 0.0, 0)])
    """Errors, seconds and count."""

    ready: list[int] = field(default_factory=lambda: [200])

    def answer(self, path: str) -> tuple[int, str]:
        if path == "/metrics":
            errors, seconds, count = taken(self.metrics)
            return 200, METRICS.format(errors=errors, seconds=seconds, count=count)
        return taken(self.ready), json.dumps({"release": "new", "pid": 1, "apps": {}})


def taken(values: list[Any]) -> Any:
    return values.pop(0) if len(values) > 1 else values[0]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """Give a pool on a real socket, whose unit runs as its file among the states says."""
    with tempfile.TemporaryDirectory(prefix="watch-") as name:
        folder = Path(name)
        stand_in(folder, monkeypatch, "ActiveState", "NRestarts", "MainPID")
        runs(folder, "pool", "active 0 1")
        there = Pool(f"{folder}/pool.sock")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = there.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        with Upstream(there.path, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            yield there
            server.shutdown()
            thread.join()


def watched(pool: Pool, seconds: float = 0.01, beside: tuple[str, ...] = ()) -> None:
    one = {"name": "default", "unit": "pool", "socket": pool.path, "before": ""}
    given = {"release": "new", "seconds": seconds, "pools": [one], "beside": beside}
    watch.main(given)


def test_a_release_that_goes_on_as_it_began_is_well(pool: Pool) -> None:
    watched(pool)


def test_a_unit_that_is_started_again_is_told(pool: Pool) -> None:
    runs(Path(pool.path).parent, "pool", "active 0 1", "active 1 2")

    with pytest.raises(Unwell, match=r"pool did not go on running: .*NRestarts=1"):
        watched(pool)


def test_a_unit_beside_that_ends_is_told_and_one_that_never_ran_is_not(pool: Pool) -> None:
    folder = Path(pool.path).parent
    runs(folder, "idle", "inactive 0 0", "inactive 0 1")
    watched(pool, beside=("idle",))
    runs(folder, "worker", "active 0 1", "failed 0 0")

    with pytest.raises(Unwell, match="worker did not go on running"):
        watched(pool, beside=("worker",))


def test_a_pool_may_be_not_ready_once_but_not_twice(pool: Pool) -> None:
    pool.ready = [200, 503, 200]
    watched(pool, seconds=0.6)
    pool.ready = [503, 200, 503]

    with pytest.raises(Unwell, match=r"pool default is not ready: 503 \(seen twice\)"):
        watched(pool, seconds=5)


def test_errors_from_before_it_went_live_are_not_counted(pool: Pool) -> None:
    pool.metrics = [(100, 1.0, 200)]

    watched(pool)


def test_errors_since_it_went_live_are_told(pool: Pool) -> None:
    pool.metrics = [(100, 1.0, 200), (106, 1.1, 220)]

    with pytest.raises(Unwell, match="pool default: 6 of 20 answers are errors"):
        watched(pool)


def test_a_pool_says_what_all_its_apps_answered(pool: Pool) -> None:
    pool.metrics = [(2, 1.5, 30)]

    assert watch.answers(pool.path) == Answers(count=30, errors=3, seconds=1.5)
    assert watch.answers(f"{pool.path}.none") == Answers()


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (Answers(100, 4), Answers()),
        (Answers(1000, 40), Answers()),
        (Answers(100, 40), Answers(100, 20)),
        (Answers(20, 0, 1.9), Answers(20, 0, 0.1)),
        (Answers(20, 0, 20.0), Answers(20, 0, 8.0)),
        (Answers(19, 0, 19.0), Answers(20, 0, 0.1)),
        (Answers(20, 0, 20.0), Answers(19, 0, 0.1)),
    ],
    ids=[
        *("few errors", "a small share", "as ever", "slow, but under 0.1 s"),
        *("slower, but not three times", "too few answers", "too few before"),
    ],
)
def test_what_may_be_chance_or_was_so_before_is_let_be(now: Answers, before: Answers) -> None:
    watch.compare("default", now, before)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (Answers(100, 6), Answers(), "6 of 100 answers are errors"),
        (Answers(10, 5), Answers(), "5 of 10 answers are errors"),
        (Answers(100, 41), Answers(100, 20), "41 of 100 answers are errors"),
        (Answers(20, 0, 20.0), Answers(20, 0, 2.0), "takes 1.00 s, 0.10 s before"),
    ],
    ids=["a great share", "of few answers", "more than before", "slower"],
)
def test_what_is_clearly_worse_is_told(now: Answers, before: Answers, said: str) -> None:
    with pytest.raises(Unwell, match=said):
        watch.compare("default", now, before)


def test_workers_that_count_anew_are_taken_as_they_count() -> None:
    assert watch.difference(Answers(5, 1, 0.5), Answers(3, 1, 0.25)) == Answers(2, 0, 0.25)
    assert watch.difference(Answers(5, 1, 0.5), Answers(30, 3, 4.0)) == Answers(5, 1, 0.5)

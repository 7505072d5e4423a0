from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from threading import Barrier

import pytest

from dispatcher.loading.contained import Contained
from dispatcher.logs import OWN, SERVING
from dispatcher.registry.site import App
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import get

COUNTING = """\
import time
from pathlib import Path
loads = Path(__file__).with_suffix(".loads")
with loads.open("a") as file:
    file.write("x")
time.sleep(0.05)  # lets the others catch up with the first
{last}
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def contained(clock: Clock) -> Contained:
    return Contained(App("wiki", "wiki_app:application", ()), retry_seconds=30, clock=clock)


def all_at_once(app: Contained, count: int = 16) -> set[int]:
    """Return the statuses of requests that came at the same time."""
    barrier = Barrier(count)

    def ask(_: int) -> int:
        barrier.wait(10)
        return get(app).status

    with ThreadPoolExecutor(count) as pool:
        return set(pool.map(ask, range(count)))


def loads(tmp_path: Path) -> int:
    return len((tmp_path / "wiki_app.loads").read_text())


def test_first_requests_that_come_together_load_the_app_once(
    contained: Contained, write: Write, tmp_path: Path
) -> None:
    write("wiki_app", COUNTING.format(last=""))
    assert all_at_once(contained) == {200}
    assert loads(tmp_path) == 1


def test_first_requests_that_come_together_fail_once(
    contained: Contained, write: Write, tmp_path: Path
) -> None:
    write("wiki_app", COUNTING.format(last="1 / 0"))
    assert all_at_once(contained) == {503}
    assert loads(tmp_path) == 1


def test_a_failed_app_is_tried_again_only_after_a_while(
    contained: Contained, clock: Clock, write: Write, tmp_path: Path
) -> None:
    write("wiki_app", COUNTING.format(last="1 / 0"))
    assert get(contained).status == 503

    write("wiki_app", COUNTING.format(last="# mended"))
    clock.now += 29
    assert get(contained).status == 503
    assert loads(tmp_path) == 1

    clock.now += 1
    assert get(contained).text == "here"
    assert contained.error is None


def slow(write: Write, tmp_path: Path, *, patience: float, clock: Clock) -> Contained:
    """Return an app that is loaded once the file ``go`` is there."""
    until = f"""
        import time, pathlib
        while not pathlib.Path({str(tmp_path / "go")!r}).exists():
            time.sleep(0.01)
        """
    write("wiki_app", dedent(until) + COUNTING.format(last=""))
    app = App("wiki", "wiki_app:application", ())
    return Contained(app, patience_seconds=patience, retry_seconds=30, clock=clock)


def test_visitors_of_an_app_that_takes_long_are_sent_away_and_it_goes_on_loading(
    write: Write, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    contained = slow(write, tmp_path, patience=0.2, clock=clock)
    answer = get(contained)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert contained.fault == "wiki: wiki_app:application cannot be loaded: it takes over 0.2 s"
    (loading,) = (one for one in threading.enumerate() if one.name == "loading wiki")

    assert all_at_once(contained) == {503}

    (tmp_path / "go").touch()
    loading.join(10)
    assert get(contained).text == "here"
    assert contained.error is None
    assert loads(tmp_path) == 1
    assert len(caplog.records) == 1


def test_nobody_waits_while_a_failed_app_is_tried_again(
    write: Write, tmp_path: Path, clock: Clock
) -> None:
    write("wiki_app", "1 / 0")
    contained = slow(write, tmp_path, patience=10, clock=clock)
    write("wiki_app", "1 / 0")
    get(contained)
    clock.now += 30

    slow(write, tmp_path, patience=10, clock=clock)
    with ThreadPoolExecutor(1) as pool:
        retry = pool.submit(get, contained)
        while not any(thread.name == "loading wiki" for thread in threading.enumerate()):
            time.sleep(0.001)
        assert get(contained).status == 503
        (tmp_path / "go").touch()
        assert retry.result(10).status == 200


def test_each_failure_doubles_the_wait_up_to_a_bound(contained: Contained, clock: Clock) -> None:
    waits = []
    for _ in range(6):
        waits.append(int(get(contained).headers["Retry-After"]))
        clock.now += waits[-1]
    assert waits == [30, 60, 120, 240, 300, 300]


def test_an_app_that_hangs_is_interrupted_where_it_hangs(write: Write) -> None:
    write("wiki_app", "def forever():\n    while True: pass\nforever()")
    contained = Contained(App("wiki", "wiki_app:application", ()))

    contained.load_here(0.1)

    assert "cannot be loaded: it took longer than 0.1 s (" in str(contained.error)
    assert "wiki_app.py, line 2)" in str(contained.error)
    assert contained.error is not None
    assert "while True: pass" in contained.error.traceback
    assert get(contained).status == 503


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "GeneratorExit", "SystemExit(3)"])
def test_whatever_an_app_raises_while_it_loads_is_told(
    contained: Contained, write: Write, raised: str
) -> None:
    write("wiki_app", f"raise {raised}")
    assert get(contained).status == 503
    assert raised.partition("(")[0] in str(contained.error)


def test_an_app_that_is_out_says_so_and_when_to_come_back(contained: Contained) -> None:
    answer = get(contained, HTTP_ACCEPT="application/json")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "30"
    assert "wiki_app" not in answer.text
    assert str(contained.error).startswith("wiki: wiki_app:application cannot be loaded")


def test_a_developer_sees_why_an_app_is_out(write: Write) -> None:
    write("wiki_app", "1 / 0  # <here>")
    app = Contained(App("wiki", "wiki_app:application", ()), show_traceback=True)
    text = get(app).text
    assert "ZeroDivisionError" in text
    assert "1 / 0  # &lt;here&gt;" in text


def test_the_log_has_the_fault_once_and_the_traceback_where_the_page_has_not(
    contained: Contained, clock: Clock, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write("wiki_app", "1 / 0")
    get(contained)
    clock.now += 30
    get(contained)

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "ZeroDivisionError" in record.getMessage()
    assert record.exc_info is not None


def test_what_an_app_logs_while_it_loads_is_under_its_name(
    contained: Contained, write: Write
) -> None:
    write(
        "wiki_app",
        """
        from dispatcher.logs import SERVING
        name = SERVING.get()
        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [name.encode()]
        """,
    )
    contained.load()
    assert SERVING.get() == OWN
    assert get(contained).text == "wiki"

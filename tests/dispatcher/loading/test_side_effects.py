from __future__ import annotations

import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from dispatcher.loading.attempt import attempt
from dispatcher.loading.contained import Contained
from dispatcher.loading.importing import load
from dispatcher.loading.shared_state import SHARED
from dispatcher.registry.site import App
from tests.dispatcher.conftest import Write
from tests.dispatcher.loading.test_importing import WSGI
from tests.dispatcher.wsgi import Seen

APP = App("wiki", "wiki_app:application", ())


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Begin with what a test can compare to, and end with what there was."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    logging.getLogger("portal")
    yield
    monkeypatch.undo()
    time.tzset()


def told(write: Write, source: str, app: App = APP) -> list[str]:
    """Return what loading an app of that source did to all."""
    write("wiki_app", f"{source}\n{WSGI}")
    return [str(effect) for effect in attempt(app, load, 5).effects]


def looked() -> dict[str, object]:
    return {aspect.what: aspect.look() for aspect in SHARED if aspect.put_back}


@pytest.mark.parametrize(
    ("source", "effect"),
    [
        pytest.param(
            "import os, time; os.environ['TZ'] = 'America/Chicago'; time.tzset()",
            "time zone: 'UTC' became 'America/Chicago', taken back",
            id="zone",
        ),
        pytest.param(
            "import logging; logging.getLogger().setLevel(logging.CRITICAL)",
            f"root logger's level: {logging.root.level} became 50, taken back",
            id="level",
        ),
        pytest.param(
            "import logging; logging.root.addHandler(logging.NullHandler())",
            "root logger's handlers: gained <NullHandler (NOTSET)>, taken back",
            id="handler",
        ),
        pytest.param(
            "import logging; logging.disable()",
            "logging.disable: 0 became 50, taken back",
            id="disable",
        ),
        pytest.param(
            "import logging; logging.getLogger('portal').disabled = True",
            "loggers of others: changed 'portal', taken back",
            id="logger",
        ),
        pytest.param(
            "import os; os.chdir('/')", "current folder: 'HERE' became '/', taken back", id="folder"
        ),
        pytest.param(
            "import socket; socket.setdefaulttimeout(3)",
            "timeout of sockets: None became 3.0, taken back",
            id="sockets",
        ),
        pytest.param(
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
            "signal handlers: changed 'SIGTERM', taken back",
            id="signal",
        ),
    ],
)
def test_what_others_would_suffer_from_is_told_and_taken_back(
    write: Write, tmp_path: Path, source: str, effect: str
) -> None:
    before = looked()
    assert told(write, source) == [effect.replace("HERE", str(tmp_path))]
    assert looked() == before
    assert time.tzname == ("UTC", "UTC")


def test_all_loggers_log_on_after_an_app_has_configured_logging_as_if_it_were_alone(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    config = "{'version': 1, 'root': {'level': 'ERROR', 'handlers': []}}"
    told(write, f"import logging.config\nlogging.config.dictConfig({config})")

    logging.getLogger("portal").info("still here")

    assert "still here" in caplog.text


@pytest.mark.parametrize(
    ("source", "effect"),
    [
        ("import os; os.environ['WIKI_PASSWORD'] = 'hush'", "environment: changed 'WIKI_PASSWORD'"),
        ("import sys; sys.path.insert(0, '/wiki')", "sys.path: gained '/wiki'"),
        (
            "import threading\n"
            "gone = threading.Event()\n"
            "threading.Thread(target=gone.wait, name='mails', daemon=True).start()",
            "threads: gained 'mails'",
        ),
    ],
)
def test_what_the_app_may_rely_on_is_told_and_stays(
    write: Write, monkeypatch: pytest.MonkeyPatch, source: str, effect: str
) -> None:
    monkeypatch.setenv("WIKI_PASSWORD", "")
    assert told(write, source) == [effect]
    if "gone" in source:
        sys.modules["wiki_app"].gone.set()


def test_an_app_that_keeps_to_itself_is_told_nothing_of(write: Write) -> None:
    mine = "import logging\nlog = logging.getLogger('wiki_app.pages')\nlog.setLevel(10)"
    assert told(write, mine) == []
    assert logging.getLogger("wiki_app.pages").level == logging.DEBUG


def test_the_apps_own_loggers_are_its_own_when_it_is_loaded_again_too(write: Write) -> None:
    log = logging.getLogger("wiki_app.again")
    assert told(write, "import logging; logging.getLogger('wiki_app.again').setLevel(10)") == []
    assert log.level == logging.DEBUG


def test_a_time_zone_and_variables_in_site_toml_are_what_was_wanted(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_HOME", "")
    wanted = {"TZ": "Asia/Tokyo", "WIKI_HOME": "/srv"}

    assert told(write, "", App("wiki", "wiki_app:application", (), env=wanted)) == []

    assert (os.environ["TZ"], time.tzname[0]) == ("Asia/Tokyo", "JST")


def test_what_an_app_did_before_it_failed_is_taken_back_and_its_failure_logged(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write("wiki_app", "import logging, sys; logging.disable(); sys.exit(3)")

    Contained(APP).load_here(5)

    failure, effect = (record.getMessage() for record in caplog.records)
    assert "SystemExit: 3" in failure
    assert effect == (
        "wiki: loading it changed for all apps here: logging.disable: 0 became 50, taken back"
    )


def test_of_two_that_load_at_once_none_takes_the_others_change_for_how_things_were() -> None:
    changed, other_began = Event(), Event()

    def meddling(_: App) -> Seen:
        socket.setdefaulttimeout(3)
        changed.set()
        other_began.wait(5)
        return Seen()

    def waiting(_: App) -> Seen:
        other_began.set()
        meddler.join()
        return Seen()

    meddler = Thread(target=attempt, args=(APP, meddling, 5))
    meddler.start()
    changed.wait(5)
    attempt(APP, waiting, 5)

    assert socket.getdefaulttimeout() is None


def test_what_stays_is_told_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKI_PASSWORD", "")
    assert told(write, "import os; os.environ['WIKI_PASSWORD'] = 'hush'")
    assert attempt(APP, lambda _: load(APP), 5).effects == []


def test_a_thread_that_ends_meanwhile_was_not_the_apps() -> None:
    ended = Event()
    thread = Thread(target=ended.wait, name="mails")
    thread.start()

    def loading(_: App) -> Seen:
        ended.set()
        thread.join()
        return Seen()

    assert attempt(APP, loading, 5).effects == []


def test_looking_changes_nothing() -> None:
    before = signal.getsignal(signal.SIGTERM), locale.setlocale(locale.LC_ALL)
    threads = threading.active_count()
    attempt(APP, lambda _: Seen(), 5)
    assert (signal.getsignal(signal.SIGTERM), locale.setlocale(locale.LC_ALL)) == before
    assert threading.active_count() == threads

"""A job is a command in its app's environment, or a function with the app as its site has it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SITE = """\
name = "yard"
domain = "example.org"

[apps.club]
app = "club:create_app"
path = "/club"
config.COLOUR = "red"
env.CLUB_HOME = "{state}"
migrate = "club:migrate"
schedule = "club:clock"
workers.words = "flask colour"
workers.lost = "no-such-program x"
workers.brief = "club:brief"
workers.missing = "club:nothing"
workers.slow = "python slow.py"
"""

CLUB = """\
import os
import time
from threading import Thread, main_thread

from flask import Flask, current_app


def create_app():
    app = Flask(__name__)

    @app.cli.command("colour")
    def colour():
        print(current_app.config["COLOUR"], len(current_app.secret_key) > 20)

    return app


def migrate():
    print("migrates", current_app.config["COLOUR"], os.environ["CLUB_HOME"])


def brief():
    print("brief")


class Clock:
    def start(self):
        Thread(target=self.last).start()
        print("ticks", flush=True)
        time.sleep(60)

    def last(self):
        main_thread().join()  # it outlasts what began it
        print("finished", flush=True)


def clock():
    return Clock()
"""

SLOW = """\
import signal
import time

ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
print("begins", flush=True)
while not ended:
    time.sleep(0.01)
print("finished", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("site.toml", SITE), ("club.py", CLUB), ("slow.py", SLOW)):
        (tmp_path / name).write_text(text)
    return tmp_path


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    argv = (sys.executable, "-m", "dispatcher", "work", "club", *words)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(argv, cwd=folder, text=True, start_new_session=True, **pipes)  # type: ignore[call-overload, no-any-return]


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    with start(folder, *words) as running:
        out, err = running.communicate(timeout=30)
    return running.returncode, out, err


def test_a_migration_runs_with_the_app_and_its_environment(folder: Path) -> None:
    code, out, err = run(folder, "migrate")

    assert (code, err) == (0, "")
    assert out == f"migrates red {folder}/instance/club\n"


def test_flasks_commands_find_the_app_as_the_site_has_it(folder: Path) -> None:
    assert run(folder, "words")[:2] == (0, "red True\n")


@pytest.mark.parametrize(
    ("worker", "said"),
    [
        ("lost", "there is no program 'no-such-program'"),
        ("brief", "club:brief ended by itself; it must go on"),
        ("missing", "club has no 'nothing'"),
        ("other", "has no job 'worker club other'; it has migrate club, worker club words"),
    ],
)
def test_what_is_wrong_with_a_job_is_told_without_a_traceback(
    folder: Path, worker: str, said: str
) -> None:
    code, _, err = run(folder, worker)

    assert code == 1
    assert said in err
    assert "Traceback" not in err


def until(running: subprocess.Popen[str], *words: str) -> Iterator[str]:
    """Yield the lines up to the one in which the last of the words was found."""
    left = set(words)
    assert running.stdout is not None
    while left:
        line = running.stdout.readline()
        assert line, running.communicate()
        left -= {word for word in left if word in line}
        yield line


@pytest.mark.parametrize(("which", "word"), [("schedule", "ticks"), ("slow", "begins")])
def test_one_that_is_told_to_end_finishes_what_it_has_begun(
    folder: Path, which: str, word: str
) -> None:
    with start(folder, which) as running:
        list(until(running, word))
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=30)

    assert (running.returncode, err) == (0, "")
    assert out == "finished\n"


@pytest.fixture
def well(folder: Path) -> Path:
    """Give a site all of whose jobs go on."""
    text = SITE
    for line in SITE.splitlines():
        if line.startswith(("workers.words", "workers.lost", "workers.brief", "workers.missing")):
            text = text.replace(f"{line}\n", "")
    (folder / "site.toml").write_text(text)
    return folder


@pytest.mark.parametrize("begun", [1, 2])
@pytest.mark.parametrize("milliseconds", [0, 1, 2])
def test_a_ctrl_c_while_they_start_ends_those_that_have(
    well: Path, begun: int, milliseconds: int
) -> None:
    with start(well) as running:
        for _ in range(begun):
            list(until(running, "runs"))
        # Any moment may be hit: the next begins, or all are waited for.
        time.sleep(milliseconds / 1000)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)  # all that write here have ended

    assert (running.returncode, err) == (0, "")
    assert "They end once what they have begun is finished." in out


def test_workers_and_schedule_run_together_until_ctrl_c(well: Path) -> None:
    with start(well) as running:
        list(until(running, "ticks", "begins"))
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)

    assert (running.returncode, err) == (0, "")
    assert out.splitlines()[-2:] == ["finished", "finished"]

"""What is typed is sent on key by key, and the terminal is afterwards as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

TYPING = """\
import os, signal, sys, time
from deploy.remote.typed import Typed, terminal
signal.signal(signal.SIGTERM, signal.default_int_handler)
def send(said):
    os.write(2, (said.model_dump_json() + "\\n").encode())
    typed.taken()
typed = Typed(send)
with typed.on(terminal=terminal() is not None):
    os.write(2, b"on\\n")
    if sys.argv[1:] == ["fail"]:
        raise RuntimeError("no such luck")
    time.sleep(60)
"""


def begun(stdin: int, stdout: int, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-c", TYPING, *words),
        cwd=ROOT,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


def heard(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().decode().strip()


@pytest.fixture
def tty() -> Iterator[tuple[int, int]]:
    """Give both ends of a terminal."""
    ends = os.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_keys_are_sent_one_by_one_and_ctrl_c_is_one_of_them(tty: tuple[int, int]) -> None:
    master, slave = tty
    before = termios.tcgetattr(slave)
    with begun(slave, slave) as process:
        assert heard(process) == "on"
        os.write(master, b"a")
        first = heard(process)
        os.write(master, b"\x03")
        second = heard(process)
        process.send_signal(signal.SIGTERM)
        process.communicate()

    assert first == '{"say":"input","data":"YQ=="}'
    assert second == '{"say":"input","data":"Aw=="}'
    assert termios.tcgetattr(slave) == before


def test_a_terminal_is_given_back_when_something_fails(tty: tuple[int, int]) -> None:
    _, slave = tty
    before = termios.tcgetattr(slave)
    with begun(slave, slave, "fail") as process:
        _, err = process.communicate()

    assert b"no such luck" in err
    assert termios.tcgetattr(slave) == before


def test_what_is_piped_in_is_sent_on_with_its_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x" * 40_000)
    with (tmp_path / "file").open() as file, begun(file.fileno(), subprocess.DEVNULL) as process:
        said = [heard(process) for _ in range(4)]
        process.terminate()
        process.communicate()

    said.remove("on")
    assert [len(one) > 100 for one in said] == [True, True, False]
    assert said[-1] == '{"say":"input","data":""}'


def test_a_keyboard_that_is_somebody_elses_is_not_read(tty: tuple[int, int]) -> None:
    master, slave = tty
    os.write(master, b"q\n")
    with begun(slave, subprocess.DEVNULL) as process:
        said = {heard(process), heard(process)}
        process.terminate()
        process.communicate()

    assert said == {"on", '{"say":"input","data":""}'}

"""What is typed reaches a process, in order and never more than it takes; its output comes back."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from queue import Queue
from threading import Thread

import pytest
from pydantic import ValidationError

from deploy.agent.process import END, Feeder, InTerminal, Piped
from deploy.protocol.commands import AHEAD, LARGEST, SAID, Input, Said, Size, Terminal
from deploy.remote.link import line

AS_SYSTEMD = """\
import fcntl, os, subprocess, sys, termios
given = [word.removeprefix("--property=") for word in sys.argv[1:] if word.startswith("--")]
path = next(word for word in given if word.startswith("TTYPath=")).partition("=")[2]
term = next(word for word in given if word.startswith("Environment=")).partition("TERM=")[2]
def own():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
with open(path, "r+b", buffering=0) as tty:
    words = sys.argv[1 + len(given):]
    done = subprocess.run(words, stdin=tty, stdout=tty, stderr=tty, start_new_session=True,
                          preexec_fn=own, env={**os.environ, "TERM": term}, check=False)
sys.exit(done.returncode)
"""
"""Gives a terminal to a program as ``systemd-run`` does with StandardInput=tty."""

SIZE = Size(rows=24, columns=80)


def said(text: bytes) -> Said:
    """Return it as an agent hears it."""
    return SAID.validate_json(line(Input(data=b64encode(text))))


class Heard:
    """What a process wrote."""

    def __init__(self, process: Piped | InTerminal) -> None:
        self.pieces: Queue[tuple[str, bytes]] = Queue()
        self.code = -1
        self.process = process
        self.thread = Thread(target=self.hear, daemon=True)
        self.thread.start()

    def hear(self) -> None:
        self.code = self.process.hear(lambda kind, piece: self.pieces.put((kind, piece)))

    def until(self, text: bytes) -> bytes:
        seen = b""
        while text not in seen:
            seen += self.pieces.get(timeout=20)[1]
        return seen

    def end(self) -> tuple[int, dict[str, bytes]]:
        """Return the exit status, and all that was not read yet."""
        self.thread.join(20)
        assert not self.thread.is_alive()
        out: dict[str, bytes] = {"out": b"", "err": b""}
        while not self.pieces.empty():
            kind, piece = self.pieces.get()
            out[kind] += piece
        return self.code, out


def test_what_is_piped_in_comes_out_in_order_and_whole() -> None:
    process = Piped(("sh", "-c", "cat; echo done >&2; exit 3"))
    heard = Heard(process)
    taken: Queue[int] = Queue()
    feeder = Feeder(process, lambda: taken.put(1))

    pieces = [bytes([65 + n]) * LARGEST for n in range(26)]
    for piece in [*pieces, b""]:
        feeder.hear(said(piece))
        taken.get(timeout=20)

    assert heard.end() == (3, {"out": b"".join(pieces), "err": b"done\n"})


def test_a_process_that_reads_nothing_ends_as_it_would() -> None:
    process = Piped(("true",))
    heard = Heard(process)

    assert heard.end()[0] == 0
    process.put(b"too late")
    process.put(b"")


def test_whoever_says_more_than_may_be_on_its_way_is_not_waited_for() -> None:
    process = Piped(("sleep", "1000"))
    feeder = Feeder(process, lambda: None)

    def too_much() -> None:
        for _ in range(AHEAD + 10):
            feeder.hear(said(b"x" * LARGEST))

    with pytest.raises(OSError, match="too much at once"):
        too_much()

    process.kill()
    Heard(process).end()


@pytest.fixture
def terminal() -> Iterator[InTerminal]:
    run = (sys.executable, "-c", AS_SYSTEMD)
    one = InTerminal(run, ("sh",), Terminal(kind="vt100", size=SIZE))
    yield one
    one.kill()


def test_a_terminal_is_one_with_its_size_and_its_keys(terminal: InTerminal) -> None:
    heard = Heard(terminal)

    terminal.put(b"echo $TERM; test -t 0 && stty size\n")
    first = heard.until(b"24 80")
    terminal.resize(Size(rows=30, columns=100))
    terminal.put(b"stty size\n")
    heard.until(b"30 100")
    terminal.put(b"trap 'echo caught; exit 7' INT; echo wait''ing; while :; do sleep 0.1; done\n")
    heard.until(b"waiting")
    terminal.put(b"\x03")
    heard.until(b"caught")
    code, _ = heard.end()

    assert b"vt100" in first
    assert code == 7


def test_the_end_of_the_input_is_the_key_for_it(terminal: InTerminal) -> None:
    heard = Heard(terminal)

    terminal.put(b"")

    assert END == b"\x04"
    assert heard.end()[0] == 0


@pytest.mark.parametrize(
    "text",
    [
        '{"say":"input","data":"YQ"}',
        '{"say":"size","rows":0,"columns":80}',
        '{"say":"size","rows":24,"columns":80,"more":1}',
        '{"say":"signal","number":9}',
    ],
)
def test_what_no_keyboard_says_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SAID.validate_json(text)


@pytest.mark.parametrize("kind", ["", "x y", "../x", "a\nb", "x" * 65])
def test_what_is_no_kind_of_terminal_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError):
        Terminal(kind=kind, size=SIZE)

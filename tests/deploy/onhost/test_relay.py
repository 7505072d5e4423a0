"""`deploy.onhost.relay`, run as a server runs it, between a client and an agent's socket."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from deploy.onhost import relay

RELAY = relay.__file__
BEGIN = "import runpy, sys; runpy.run_path(sys.argv[1])['main'](*sys.argv[2:])"

Relayed = subprocess.Popen[bytes]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short name: that of a socket may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="relay-") as name:
        yield Path(name)


@pytest.fixture
def listener(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "yard.agent"))
        listener.listen()
        yield listener


def relayed(folder: Path) -> Relayed:
    words = [sys.executable, "-I", "-c", BEGIN, RELAY, "yard", str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(words, **pipes)  # type: ignore[call-overload, no-any-return]


def agent(listener: socket.socket, act: Callable[[socket.socket], None]) -> Thread:
    """Have one client answered in a thread."""

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            act(connection)

    thread = Thread(target=answer, daemon=True)
    thread.start()
    return thread


def test_what_is_said_arrives_whole_and_so_do_the_answers(
    folder: Path, listener: socket.socket
) -> None:
    sent, answer = os.urandom(3_000_000), os.urandom(3_000_000)
    came = hashlib.sha256()

    def act(connection: socket.socket) -> None:
        while piece := connection.recv(1 << 16):
            came.update(piece)
        connection.sendall(answer)

    agent(listener, act)
    with relayed(folder) as process:
        out, err = process.communicate(sent, timeout=30)

    assert came.digest() == hashlib.sha256(sent).digest()
    assert out == answer, "though the client had ended what it said"
    assert (process.returncode, err) == (0, b"")


def test_an_answer_comes_before_the_next_request(folder: Path, listener: socket.socket) -> None:
    def act(connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(line.upper())

    agent(listener, act)
    with relayed(folder) as process:
        assert process.stdin
        assert process.stdout
        for word in (b"one\n", b"two\n"):
            process.stdin.write(word)
            process.stdin.flush()
            assert process.stdout.readline() == word.upper()
        process.stdin.close()


def test_it_ends_with_the_agent_though_the_client_is_there(
    folder: Path, listener: socket.socket
) -> None:
    agent(listener, lambda connection: connection.sendall(b"bye\n"))
    with relayed(folder) as process:
        assert process.stdout
        assert process.stdout.read() == b"bye\n"
        assert process.wait(timeout=10) == 0


def test_streams_that_do_not_wait_lose_nothing(folder: Path, listener: socket.socket) -> None:
    asked, ask = os.pipe()
    hear, told = os.pipe()
    for stream in (asked, told):
        os.set_blocking(stream, False)
    words = (sys.executable, "-I", "-c", BEGIN, RELAY, "yard", str(folder))
    with subprocess.Popen(words, stdin=asked, stdout=told) as running:
        os.close(asked)
        os.close(told)
        agent, _ = listener.accept()
        with agent:
            Thread(target=agent.sendall, args=(b"x" * 1_000_000,)).start()
            with os.fdopen(hear, "rb") as answers:
                assert answers.read(1_000_000) == b"x" * 1_000_000
                os.close(ask)
                agent.shutdown(socket.SHUT_WR)
    assert running.returncode == 0


def test_it_ends_with_its_reader(folder: Path, listener: socket.socket) -> None:
    def act(connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(b"x" * 1000)
        except OSError:
            pass

    thread = agent(listener, act)
    with relayed(folder) as process:
        assert process.stdout
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=10) == 1
    thread.join(10)
    assert not thread.is_alive(), "the agent hears that nobody listens"


def test_it_asks_the_agent_of_the_site_it_is_installed_for(tmp_path: Path) -> None:
    installed = tmp_path / "no-such-site" / "agent-0123456789ab"
    installed.mkdir(parents=True)
    shutil.copy(RELAY, installed / "relay")
    (installed.parent / "agent").symlink_to(installed.name)

    words = [sys.executable, "-I", str(installed.parent / "agent/relay")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        "the agent of no-such-site cannot be reached: No such file or directory; "
        "run: fab bootstrap\n"
    )

"""What acts on a server as long as a connection lasts, as a process of its own here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.remote.hand import BEGIN, WORDS
from deploy.remote.programs import source

Process = subprocess.Popen[bytes]


def begun(silence: str = "60") -> Process:
    words = [sys.executable, *WORDS[1:-1], silence]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    program = source("hand").encode()
    say(process, b"%d\n%s" % (len(program), program))
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {"ready": True}
    return process


def say(process: Process, line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def ask(process: Process, **what: Any) -> tuple[int, str, str]:
    say(process, json.dumps(what).encode() + b"\n")
    assert process.stdout is not None
    answer = json.loads(process.stdout.readline())
    return answer["exit"], answer["out"], answer["err"]


@pytest.fixture
def hand() -> Iterator[Process]:
    with begun() as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_it_takes_no_program_from_where_it_stands() -> None:
    assert "-I" in WORDS
    assert WORDS[WORDS.index("-c") + 1] == BEGIN


@pytest.mark.parametrize(
    ("argv", "stdin", "answer"),
    [
        (["cat"], "in ü\n", (0, "in ü\n", "")),
        (["sh", "-c", "echo why >&2; exit 7"], "", (7, "", "why\n")),
        (["sh", "-c", "kill -9 $$"], "", (137, "", "")),
        (["no-such-command"], "", (127, "", "no-such-command: No such file or directory\n")),
        (["printf", "\\377"], "", (0, "\N{REPLACEMENT CHARACTER}", "")),
    ],
    ids=["input", "failed", "killed", "no such command", "no text"],
)
def test_a_command_ends_as_a_shell_says_it(
    hand: Process, argv: list[str], stdin: str, answer: tuple[int, str, str]
) -> None:
    assert ask(hand, argv=argv, stdin=stdin) == answer


@pytest.mark.parametrize(
    ("program", "code", "err"),
    [
        ("", 0, ""),
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(5)", 5, ""),
        ("import sys; sys.exit('why')", 1, "why\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("a b", 1, "SyntaxError: invalid syntax\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 247, ""),
    ],
)
def test_a_program_ends_as_python_would(hand: Process, program: str, code: int, err: str) -> None:
    exit_code, _, said = ask(hand, source=program, given="")

    assert exit_code == code
    assert said.endswith(err)


def test_a_program_changes_nothing_for_the_next(hand: Process) -> None:
    ask(hand, source="import os; os.chdir('/proc'); os.umask(0o777); here = 1", given="")

    look = "import os; print(os.getcwd() == '/proc', os.umask(0) == 0o777, 'here' in globals())"
    assert ask(hand, source=look, given="")[1] == "False False False\n"


def test_a_program_takes_nothing_of_what_is_asked_next(hand: Process) -> None:
    assert ask(hand, source="import sys; print(sys.stdin.read())", given="")[1] == "\n"
    assert ask(hand, argv=["echo", "next"], stdin="")[1] == "next\n"


def test_it_ends_when_nobody_says_anything_any_more() -> None:
    with begun(silence="0.2") as process:
        say(process, b"\n\n")

        assert process.wait(10) == 0, "though its input is open"


def test_it_does_not_end_in_the_middle_of_a_command() -> None:
    with begun(silence="0.1") as process:
        assert ask(process, argv=["sh", "-c", "sleep 0.3; echo done"], stdin="")[1] == "done\n"

"""What a command writes, and how long it stays open, is its own matter: the agent goes on."""

from __future__ import annotations

import sys
import time

from deploy.acting.hearing import KEPT_BYTES
from deploy.acting.machine import Here, Outcome


class Hasty(Here):
    seconds = 0.3


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def test_a_command_is_fed_and_heard() -> None:
    swap = "import sys; sys.stderr.write(sys.stdin.read()); print('out'); sys.exit(3)"

    assert Here().run(python(swap), stdin="in" * 5) == Outcome(3, "out\n", "in" * 5)
    assert Here().run(("sh", "-c", "kill -9 $$")) == Outcome(137, "", "")
    assert Here().run(("/no/such",)) == Outcome(127, "", "/no/such: No such file or directory\n")


def test_more_than_a_pipe_holds_goes_in_and_comes_out() -> None:
    much = "x" * (KEPT_BYTES // 2 - 1) + "\n"

    assert Here().run(("cat",), stdin=much * 2) == Outcome(0, much * 2, "")
    assert Here().run(("true",), stdin=much * 100) == Outcome(0, "", "")


def test_of_what_is_written_without_end_the_last_is_kept() -> None:
    endless = "for n in range(3_000): print('%01000d' % n)\nraise SystemExit('why')"

    outcome = Here().run(python(endless))

    assert outcome.err == "why\n"
    assert len(outcome.out) == KEPT_BYTES
    assert outcome.out.endswith("2999\n")


def test_an_output_that_another_keeps_open_is_not_waited_for() -> None:
    keep = "sleep 1000 & echo $!"
    started = time.monotonic()

    outcome = Here().run(("sh", "-c", keep))
    took = time.monotonic() - started

    assert Here().run(("kill", outcome.out.strip())).exit_code == 0
    assert took < 60, "it would have been a thousand seconds"


def test_a_command_that_does_not_end_is_ended() -> None:
    outcome = Hasty().run(("sh", "-c", "echo begun; exec sleep 1000"))

    assert outcome == Outcome(124, "begun\n", "ended after 0.3 s\n")

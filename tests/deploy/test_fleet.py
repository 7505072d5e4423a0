from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import fleet
from deploy.errors import STAYS, TAKEN_BACK, FleetError
from deploy.machine import Here
from deploy.steps import Plan, Run, Step, Upload, shell
from tests.deploy.told import Told


class Server(Here):
    """Here, under another name."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture(autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Let an interrupt raise, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def write(log: Path, *words: str) -> Run:
    return shell('log=$1; shift; echo "$@" >> "$log"', str(log), *words)


def good(log: Path, name: str, more: tuple[Step, ...] = ()) -> tuple[Server, Plan]:
    def step(phase: str) -> Step:
        return Step(
            phase, write(log, f"{name} {phase}"), undo=write(log, f"{name} takes back {phase}")
        )

    return Server(name), Plan(
        "go",
        prepare=(step("prepare"), *more),
        publish=(step("publish"),),
        tidy=(step("tidy"),),
    )


def once(log: Path, line: str, then: str) -> Step:
    """Return a step that waits until another server has written a line."""
    script = 'until grep -qx "$2" "$1"; do sleep 0.01; done; exit "$3"'
    return Step("wait for the other", shell(script, str(log), line, then))


def lines(log: Path, of: str = "") -> list[str]:
    return [line for line in log.read_text().splitlines() if line.startswith(of)]


def test_no_server_publishes_before_every_one_is_prepared(log: Path) -> None:
    late = once(log, "a prepare", then="0")

    fleet.carry_out([good(log, "a"), good(log, "b", (late,)), good(log, "c")], Told())

    phases = [line.split()[1] for line in lines(log)]
    assert phases == ["prepare"] * 3 + ["publish"] * 3 + ["tidy"] * 3


def test_servers_are_acted_on_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    read = Step("read", shell('cat "$1" > /dev/null', f"{tmp_path}/fifo"))
    write = Step("write", shell('echo here > "$1"', f"{tmp_path}/fifo"))

    fleet.carry_out(
        [(Server("a"), Plan("go", (read,))), (Server("b"), Plan("go", (write,)))], Told()
    )


def test_a_failure_to_prepare_one_takes_back_all(log: Path) -> None:
    fails = Step("break", shell("exit 3"), undo=write(log, "b takes back break"))

    with pytest.raises(FleetError) as raised:
        fleet.carry_out([good(log, "a"), good(log, "b", (fails,))], Told())

    assert str(raised.value).splitlines()[0] == "b: could not break (exit status 3)"
    assert str(raised.value).splitlines()[-1] == TAKEN_BACK
    assert lines(log, "b") == ["b prepare", "b takes back break", "b takes back prepare"]
    assert "publish" not in log.read_text()
    assert ("a prepare" in lines(log)) == ("a takes back prepare" in lines(log))


def test_a_failure_to_publish_one_flips_all_back(log: Path) -> None:
    server, plan = good(log, "b")
    broken = Plan("go", plan.prepare, (*plan.publish, once(log, "a publish", then="1")))

    with pytest.raises(FleetError, match="b: could not wait for the other"):
        fleet.carry_out([good(log, "a"), (server, broken)], Told())

    for name in "ab":
        assert lines(log, name) == [
            f"{name} prepare",
            f"{name} publish",
            f"{name} takes back publish",
            f"{name} takes back prepare",
        ]


def test_all_that_failed_is_told(log: Path) -> None:
    def failing(name: str, other: str) -> tuple[Server, Plan]:
        script = 'echo "$2" >> "$1"; until grep -qx "$3" "$1"; do sleep 0.01; done; exit 1'
        return Server(name), Plan("go", (Step("meet", shell(script, str(log), name, other)),))

    with pytest.raises(FleetError) as raised:
        fleet.carry_out([failing("a", "b"), failing("b", "a")], Told())

    assert [error.args[0] for error in raised.value.errors] == ["a", "b"]


def test_what_could_not_be_taken_back_is_told_too(log: Path) -> None:
    stuck = Step("go", Run("true"), undo=shell("exit 9"))
    fails = Step("break", Run("false"))

    with pytest.raises(FleetError) as raised:
        fleet.carry_out([(Server("a"), Plan("go", (stuck, fails)))], Told())

    assert "a: could not take back: go (exit status 9)" in str(raised.value)
    assert "Not everything could be taken back" in str(raised.value)


def test_a_failure_to_tidy_only_warns(log: Path) -> None:
    told = Told()
    server, plan = good(log, "a")
    untidy = Plan("go", plan.prepare, plan.publish, (Step("sweep", Run("false")), *plan.tidy))

    fleet.carry_out([(server, untidy)], told)

    assert lines(log) == ["a prepare", "a publish", "a tidy"]
    assert "could not sweep" in told.warnings[0]


def test_a_plan_whose_steps_stay_takes_nothing_back(log: Path) -> None:
    done = Step("one", write(log, "one"), undo=write(log, "taken back"))
    plan = Plan("go", (done, Step("two", Run("false"))), stays=True)

    with pytest.raises(FleetError) as raised:
        fleet.carry_out([(Server("a"), plan)], Told())

    assert lines(log) == ["one"]
    assert str(raised.value).endswith(STAYS)


def test_an_interrupt_waits_for_the_step_under_way_then_takes_back(log: Path) -> None:
    told = Told()
    fifo = log.with_name("fifo")
    os.mkfifo(fifo)
    server, plan = good(log, "a", (Step("wait", shell('read -r line < "$1"', str(fifo))),))

    def interrupt() -> None:
        with fifo.open("w") as end:  # opens once the step reads
            os.kill(os.getpid(), signal.SIGINT)
            told.interrupted.wait()
            end.write("go on\n")

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(FleetError) as raised:
        fleet.carry_out([(server, plan)], told)
    thread.join()

    assert lines(log) == ["a prepare", "a takes back prepare"]
    assert str(raised.value) == f"Interrupted.\n{TAKEN_BACK}"
    assert "taken back" in told.said[0]


def test_a_fault_of_ours_is_taken_back_and_shown_as_it_is(log: Path) -> None:
    class Broken(Server):
        def upload(self, source: Path, target: str) -> None:  # noqa: ARG002 - as Machine has it
            raise AssertionError("a bug")

    bug = Step("upload", Upload("/x", ((log, "0" * 64, 0),)))
    _, plan = good(log, "a", (bug,))

    with pytest.raises(AssertionError, match="a bug"):
        fleet.carry_out([(Broken("a"), plan)], Told())

    assert lines(log) == ["a prepare", "a takes back prepare"]

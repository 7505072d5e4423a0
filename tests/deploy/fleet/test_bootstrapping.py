from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from deploy.acting.machine import Here
from deploy.acting.steps import Plan, Run, Step, Upload, shell
from deploy.errors import STAYS, FleetError
from deploy.fleet import bootstrapping
from tests.deploy.told import Told


class Server(Here):
    """Here, under another name."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def write(log: Path, *words: str) -> Run:
    return shell('log=$1; shift; echo "$@" >> "$log"', str(log), *words)


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


def test_servers_are_acted_on_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    read = Step("read", shell('cat "$1" > /dev/null', f"{tmp_path}/fifo"))
    write = Step("write", shell('echo here > "$1"', f"{tmp_path}/fifo"))

    bootstrapping.carry_out(
        [(Server("a"), Plan("go", (read,))), (Server("b"), Plan("go", (write,)))], Told()
    )


def test_a_failure_on_one_stops_all_once_the_steps_under_way_have_ended(log: Path) -> None:
    begun, over = f"{log}.begun", f"{log}.over"
    os.mkfifo(begun)
    os.mkfifo(over)
    slow = shell('echo > "$2"; read -r line < "$3"; echo slow >> "$1"', str(log), begun, over)
    # It ends only once the other has begun to fail, and the other fails only once it has begun.
    fails = shell('read -r line < "$1"; echo > "$2"; exit 3', begun, over)
    steps = (Step("be slow", slow, undo=write(log, "taken back")), Step("go on", write(log, "no")))

    with pytest.raises(FleetError) as raised:
        bootstrapping.carry_out(
            [(Server("a"), Plan("go", steps)), (Server("b"), Plan("go", (Step("fail", fails),)))],
            Told(),
        )

    assert str(raised.value).splitlines()[0] == "b: could not fail (exit status 3)"
    assert str(raised.value).endswith(STAYS)
    assert lines(log)[0] == "slow"
    assert "taken back" not in lines(log)


def test_all_that_failed_is_told(log: Path) -> None:
    def failing(name: str, other: str) -> tuple[Server, Plan]:
        script = 'echo "$2" >> "$1"; until grep -qx "$3" "$1"; do sleep 0.01; done; exit 1'
        return Server(name), Plan("go", (Step("meet", shell(script, str(log), name, other)),))

    with pytest.raises(FleetError) as raised:
        bootstrapping.carry_out([failing("a", "b"), failing("b", "a")], Told())

    assert [error.args[0] for error in raised.value.errors] == ["a", "b"]


def test_a_plan_whose_steps_stay_takes_nothing_back(log: Path) -> None:
    done = Step("one", write(log, "one"), undo=write(log, "taken back"))
    plan = Plan("go", (done, Step("two", Run("false"))), stays=True)

    with pytest.raises(FleetError) as raised:
        bootstrapping.carry_out([(Server("a"), plan)], Told())

    assert lines(log) == ["one"]
    assert str(raised.value).endswith(STAYS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_step_under_way_and_what_was_done_stays(
    log: Path, number: int
) -> None:
    told = Told()
    fifo = log.with_name("fifo")
    os.mkfifo(fifo)
    waits = shell('read -r line < "$2"; echo "$line" >> "$1"', str(log), str(fifo))
    plan = Plan(
        "go", (Step("wait", waits, undo=write(log, "taken back")), Step("never", write(log, "no")))
    )

    def interrupt() -> None:
        with fifo.open("w") as end:  # opens once the step reads
            os.kill(os.getpid(), number)
            told.interrupted.wait()
            end.write("went on\n")

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(FleetError) as raised:
        bootstrapping.carry_out([(Server("a"), plan)], told)
    thread.join()

    assert lines(log) == ["went on"]
    assert str(raised.value) == f"Interrupted.\n{STAYS}"
    assert told.said == ["Interrupted: the steps under way end first."]


def test_a_fault_of_ours_is_shown_as_it_is(log: Path) -> None:
    class Broken(Server):
        def upload(self, source: Path, target: str) -> None:  # noqa: ARG002 - as Machine has it
            raise AssertionError("a bug")

    bug = Step("upload", Upload("/x", ((log, "0" * 64, 0),)))

    with pytest.raises(AssertionError, match="a bug"):
        bootstrapping.carry_out([(Broken("a"), Plan("go", (bug,)))], Told())

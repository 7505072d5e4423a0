import os
import subprocess
from pathlib import Path

from tests.lab import processes
from tests.lab.processes import Process, started
from tests.lab.waiting import until


def this() -> Process:
    return Process(os.getpid(), started(os.getpid()) or "")


def test_a_process_is_known_by_pid_and_start() -> None:
    assert this().alive
    assert not Process(os.getpid(), "1").alive


def test_a_signal_for_a_dead_process_does_not_hit_the_next_with_its_pid() -> None:
    Process(os.getpid(), "1").kill()

    assert this().alive


def test_a_process_that_ended_is_not_alive_even_if_nobody_buried_it() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        process = Process(child.pid, started(child.pid) or "")
        assert process.alive

        process.kill()

        assert until(lambda: not process.alive, seconds=10)


def test_a_spawned_module_writes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"

    process = processes.spawn("tests.lab", "nonsense", log=log, environ={})

    assert until(lambda: not process.alive, seconds=20)
    process.reap()
    assert "invalid choice: 'nonsense'" in log.read_text()


def test_descendants_come_parents_first() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 600 & wait"]) as shell:
        assert until(lambda: len(list(processes.below(shell.pid))) == 1, seconds=10)

        mine = [pid for pid in processes.below(os.getpid()) if pid >= shell.pid]
        (child,) = processes.below(shell.pid)
        assert mine.index(shell.pid) < mine.index(child)

        os.kill(child, 15)

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.lab.errors import LabError
from tests.lab.locks import held
from tests.lab.processes import ENVIRON
from tests.lab.waiting import until

HOLD = """
import sys
from pathlib import Path
from tests.lab.locks import held
with held(Path(sys.argv[1]), wait_seconds=0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_who_waits_too_long_is_told_for_what(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"

    with (
        held(lock, wait_seconds=0),
        pytest.raises(LabError, match=f"held {lock} for 0 s"),
        held(lock, wait_seconds=0),
    ):
        pass


def test_who_waits_gets_it_as_soon_as_it_is_free(tmp_path: Path) -> None:
    order = []

    def take() -> None:
        with held(tmp_path / "lock", wait_seconds=10):
            order.append("second")

    waiting = threading.Thread(target=take)
    with held(tmp_path / "lock", wait_seconds=0):
        waiting.start()
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]


def test_the_dead_hold_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRON
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
        assert until(lambda: holder.poll() is not None, seconds=10)

        with held(lock, wait_seconds=0):
            pass

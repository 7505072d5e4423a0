"""The same laws hold in a bare interpreter and in one that gevent has patched."""

from __future__ import annotations

import subprocess
import sys

import pytest

PLAIN = """\
import threading, time, _thread
from dispatcher.loading import timeout
from dispatcher.loading.timeout import TooSlow, limited
timeout.TICK_SECONDS = 0.1
"""
GEVENT = f"from gevent import monkey; monkey.patch_all()\n{PLAIN}"

STUCK = {
    "spins": "for _ in iter(int, 1): pass",
    "sleeps": "time.sleep(60)",
    "waits for a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "waits for a lock of C": "lock = _thread.allocate_lock(); lock.acquire(); lock.acquire()",
    "catches everything once": """\
try:
    for _ in iter(int, 1): pass
except: pass
for _ in iter(int, 1): pass""",
}


def run(source: str) -> str:
    """Return what Python prints, in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    return done.stdout


def within(stuck: str, seconds: float = 0.05) -> str:
    inner = "\n".join(f"        {line}" for line in stuck.splitlines())
    return f"""\
try:
    with limited({seconds}):
{inner}
except TooSlow as error:
    print(error)
"""


@pytest.mark.parametrize("start", [PLAIN, GEVENT], ids=["plain", "gevent"])
def test_what_takes_too_long_is_interrupted_whatever_it_does(start: str) -> None:
    stuck = "".join(within(source) for source in STUCK.values())
    assert run(start + stuck) == "it took longer than 0.05 s\n" * len(STUCK)


@pytest.mark.parametrize("start", [PLAIN, GEVENT], ids=["plain", "gevent"])
def test_what_is_done_in_time_is_left_alone_afterwards(start: str) -> None:
    source = within("pass", 0.1) + "time.sleep(0.3)\nprint('whole')"
    assert run(start + source) == "whole\n"


def test_other_greenlets_run_meanwhile_each_with_its_own_limit() -> None:
    source = """
def slow(name, seconds):
    try:
        with limited(seconds):
            time.sleep(60)
    except TooSlow as error:
        print(name, error)
        over.append(name)

over = []

def busy():
    while len(over) < 2:
        for _ in range(1000): pass
        time.sleep(0)
    print("busy is whole")

threads = [
    threading.Thread(target=slow, args=("a", 0.3)),
    threading.Thread(target=slow, args=("b", 0.1)),
    threading.Thread(target=busy),
]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    assert run(GEVENT + source) == (
        "b it took longer than 0.1 s\na it took longer than 0.3 s\nbusy is whole\n"
    )


def test_only_what_let_others_run_is_said_to_have_waited() -> None:
    said = "\n".join(
        within(source).replace("print(error)", "print(error.waited)")
        for source in ("time.sleep(9)", "for _ in iter(int, 1): pass")
    )
    assert run(GEVENT + said) == "True\nFalse\n"


def test_a_thread_has_no_limit() -> None:
    source = within("time.sleep(0.3)", 0.1).replace("\n", "\n    ")
    threaded = f"def work():\n    {source}\n    print('whole')\n"
    assert run(f"{PLAIN}{threaded}\nthreading.Thread(target=work).start()") == "whole\n"

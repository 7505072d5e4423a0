"""A process that was forked a moment ago ends when it is told to, whatever its parent does."""

import subprocess
import sys

FORKING = """\
import os, signal, sys, time
from dispatcher.serving.forking import end_new_workers_at_once

noted = []
signal.signal(signal.SIGTERM, lambda *_: noted.append("told"))
end_new_workers_at_once()

for _ in range(20):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    os.kill(child, signal.SIGTERM)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM, status

os.kill(os.getpid(), signal.SIGTERM)
assert noted == ["told"], "the parent goes on as it was"

child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    grandchild = os.fork()
    if grandchild == 0:
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(8)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7, "what a worker forks is its own"
"""


def test_a_new_process_ends_at_a_signal_and_its_parent_does_not() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKING],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")

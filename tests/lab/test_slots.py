"""Labs at the same time, and two commands at once in one."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.lab import records, slots
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.processes import ENVIRON, Process
from tests.lab.telling import tell
from tests.lab.waiting import until

NUMBERS_NOBODY_ELSE_BEGINS_AT = 200

LEAVE = """
import os, sys
from tests.lab import records, slots
with slots.free_lab(print, first=int(sys.argv[1])) as lab:
    supervisor = records.running(lab.up(1)[0])
    print(supervisor.pid, supervisor.started, flush=True)
    os._exit(9)
"""


def test_two_at_the_same_time_get_different_labs(tmp_path: Path) -> None:
    environ = {"LAB_CACHE": str(tmp_path)}

    with slots.free_settings(environ) as one, slots.free_settings(environ) as two:
        assert (one.bridge, two.bridge) == ("fylab100", "fylab101")


def test_no_test_is_given_a_lab_that_somebody_may_use_by_hand(tmp_path: Path) -> None:
    by_hand = {"LAB_CACHE": str(tmp_path), "LAB_NUMBER": "3", "LAB_BRIDGE": "mine"}

    with slots.free_settings(by_hand) as own:
        assert own.bridge == "fylab100"


def test_a_lab_that_is_given_back_is_the_next_one_s(tmp_path: Path) -> None:
    environ = {"LAB_CACHE": str(tmp_path)}

    with slots.free_settings(environ) as one:
        pass
    with slots.free_settings(environ) as two:
        assert one == two


@pytest.mark.lab
def test_labs_of_different_numbers_run_side_by_side(lab: Lab, host: Host) -> None:
    with slots.free_lab(tell) as other:
        (theirs,) = other.up(1)
        lab.ssh(host, "touch", "here")

        assert other.ssh(theirs, "ls").stdout == ""
    assert lab.ssh(host, "ls").stdout == "here\n"


@pytest.mark.lab
def test_what_a_killed_run_left_is_removed_by_the_next(lab: Lab) -> None:
    first = NUMBERS_NOBODY_ELSE_BEGINS_AT
    environ = {**ENVIRON, "LAB_CACHE": str(lab.settings.cache)}
    killed = subprocess.run(
        (sys.executable, "-c", LEAVE, str(first)), check=False, capture_output=True, env=environ
    )
    pid, started = killed.stdout.split()
    left = Process(int(pid), started.decode())
    assert killed.returncode == 9

    with slots.free_lab(tell, first):
        # or the same test in another run was faster
        assert until(lambda: not left.alive, seconds=10)


@pytest.mark.lab
def test_two_commands_at_once_wait_for_each_other(lab: Lab) -> None:
    _, two = lab.up(2)
    going = threading.Thread(target=lab.down, args=(two,))

    going.start()
    hosts = lab.up(2, fresh=False)
    going.join()

    assert [records.state(host) for host in hosts] in (["up", "up"], ["up", "absent"])

"""How is a host switched on and off?"""

import contextlib
import os
import shutil
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

from tests.lab import cgroups, disk, lag, mounts, network, processes, records
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.processes import Process
from tests.lab.records import Record
from tests.lab.waiting import until

POWER_OFF = signal.SIGRTMIN + 4  # to systemd as PID 1
GONE_SECONDS = 15
CONSOLE_TAIL = 1500


def start(host: Host) -> None:
    """Switch it on, unless it is. It needs a disk."""
    if records.running(host):
        return
    clear_remains(host)
    for place in (host.mnt, host.root):
        place.mkdir(parents=True, exist_ok=True)
    network.attach(host)
    with host.console.open("a") as console:
        console.write(f"\n=== switched on, {time.strftime('%F %T')}\n")
    environ = host.settings.environ()
    supervisor = processes.spawn("tests.lab.launch", host.name, log=host.console, environ=environ)
    records.save(host, Record(supervisor=supervisor, since=time.time()))


def wait(host: Host, timeout_seconds: float) -> None:
    """Wait until sshd answers and PAM lets ordinary users in."""
    up = until(lambda: not records.running(host) or answers(host), timeout_seconds, 0.03)
    if not up:
        raise LabError(f"{host.name}: no ssh after {timeout_seconds:g} s; see {host.console}")
    if not records.running(host):
        tail = host.console.read_text(errors="replace")[-CONSOLE_TAIL:]
        raise LabError(f"{host.name}: died while booting; end of {host.console}:\n{tail}")


def answers(host: Host) -> bool:
    leader = records.leader(host)
    if leader is None or Path(f"/proc/{leader}/root/run/nologin").exists():
        return False
    with contextlib.suppress(OSError), socket.create_connection((host.ip, 22), 1) as ssh:
        return ssh.recv(4) == b"SSH-"
    return False


def power_off(host: Host, timeout_seconds: float) -> None:
    """Shut it down in good order."""
    leader = records.leader(host)
    if leader is None:
        raise LabError(f"{host.name}: has no PID 1 yet")
    os.kill(leader, POWER_OFF)
    if not until(lambda: not records.running(host), timeout_seconds, pause_seconds=0.05):
        raise LabError(f"{host.name}: still running after {timeout_seconds:g} s; use lab kill")
    clear_remains(host)


def pull_the_plug(host: Host, *, lose_unsynced: bool = False) -> None:
    """Kill it at once. Its disk then has what it wrote; or only what it fsynced."""
    supervisor = records.running(host)
    if supervisor and lose_unsynced:
        disk.lose_unsynced(host, supervisor)
    if supervisor:
        supervisor.kill()
    clear_remains(host)


def clear_remains(host: Host) -> None:
    """Remove all a dead host left but its disk and its cable."""
    make_gone(host)
    if host.dir.exists():
        lag.stop(host)
        mounts.clear(host.dir)
        records.save(host, replace(records.load(host), supervisor=None, cut=False))
    cgroups.drop(host)
    for place in ("propagate", "unix-export"):  # nspawn leaves these
        with contextlib.suppress(OSError):
            Path("/run/systemd/nspawn", place, host.machine).rmdir()


def make_gone(host: Host) -> None:
    """Kill what is in the host's cgroups, until nothing is and the disk is free."""
    supervisor = records.load(host).supervisor

    def gone() -> bool:
        left = cgroups.pids(host)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if supervisor:
            supervisor.reap()
        return not left and not is_running(supervisor) and not disk.loops(host)

    if not until(gone, GONE_SECONDS):
        left = f"processes {sorted(cgroups.pids(host))}, disk {disk.loops(host)}"
        raise LabError(f"{host.name}: does not go away: {left}")


def is_running(process: Process | None) -> bool:
    return process is not None and process.alive


def destroy(host: Host) -> None:
    """Remove it with everything it has."""
    pull_the_plug(host)
    network.detach(host)
    if host.dir.exists():
        shutil.rmtree(host.dir)

"""What can befall a server, or whoever deploys to it, at any moment of a deployment."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.deployment.faults.fleet import Fleet
from tests.deployment.faults.losses import cut, freeze, heal, power_off, power_on, thaw
from tests.deployment.faults.test_full import DISK, RUN
from tests.lab.host import Host

Running = subprocess.Popen[str]
Act = Callable[[Fleet, Host, Running], object]


def nothing(fleet: Fleet, host: Host, running: Running) -> None:
    """Let all be well."""


@dataclass(frozen=True, slots=True)
class Mischief:
    """One fault, while a task runs."""

    do: Act
    undo: Act = nothing
    """What makes it well again, once the task has ended or after a while."""

    at_once: bool = False
    """Whether it is made well again while the task still runs."""

    spares: str = ""
    """What of the answers of the server is not lost meanwhile: those of which this is a part."""

    processes: bool = True
    """Whether the server goes on running what it ran."""


def on_host(*words: str) -> Act:
    return lambda fleet, host, _: fleet.lab.run(host, *words, check=False)


def shell(script: str) -> Act:
    return on_host("sh", "-c", script)


def kill_agent(fleet: Fleet, host: Host, running: Running) -> None:
    fleet.gates[host.name].kill()


def kill_fab(fleet: Fleet, host: Host, running: Running) -> None:
    running.kill()


def interrupt_fab(fleet: Fleet, host: Host, running: Running) -> None:
    running.terminate()


def second_fab(fleet: Fleet, host: Host, running: Running) -> None:
    """Do the same at the same time: whoever is second is refused, or comes after the first."""
    _, _, _, *words = running.args  # type: ignore[misc]
    with fleet.project.start_fab(*words) as second:
        time.sleep(1)
        fleet.gates[host.name].let_go()
        out, err = second.communicate(timeout=240)
    assert "Traceback" not in out + err, err


def second_attach(fleet: Fleet, host: Host, running: Running) -> None:
    """Attach, and leave soon."""
    with fleet.project.start_fab("attach") as other:
        time.sleep(1)
        other.terminate()
        _, err = other.communicate(timeout=60)
    assert "Traceback" not in err, err


NGINX = "/etc/nginx/conf.d/zz.conf"
NONE = "no answer of this"
MISCHIEF = {
    "nothing": Mischief(nothing),
    "the agent is killed": Mischief(kill_agent),
    "fab is killed": Mischief(kill_fab),
    "fab is interrupted": Mischief(interrupt_fab),
    "its connections are cut": Mischief(on_host("pkill", "-KILL", "-f", "sshd: deploy")),
    "its network is away": Mischief(
        lambda fleet, host, _: cut(fleet, host),
        lambda fleet, host, _: heal(fleet, host),
        at_once=True,
        spares=NONE,
    ),
    "its sshd hangs": Mischief(
        lambda fleet, host, _: freeze(fleet, host),
        lambda fleet, host, _: thaw(fleet, host),
        at_once=True,
    ),
    "its power goes": Mischief(
        lambda fleet, host, _: power_off(fleet, host),
        lambda fleet, host, _: power_on(fleet, host),
        at_once=True,
        spares=NONE,
        processes=False,
    ),
    "its disk is full": Mischief(shell(DISK[0]), shell(DISK[1]), spares="/marker/"),
    "its /run is full": Mischief(shell(RUN[0]), shell(RUN[1])),
    "its nginx is stopped": Mischief(
        on_host("systemctl", "stop", "nginx"), on_host("systemctl", "start", "nginx"), spares=NONE
    ),
    "its nginx is restarted": Mischief(on_host("systemctl", "restart", "nginx"), spares=NONE),
    "nonsense is in nginx's files": Mischief(
        shell(f"echo nonsense > {NGINX}"),
        on_host("rm", NGINX),
    ),
    "somebody else deploys": Mischief(second_fab),
    "somebody attaches and leaves": Mischief(second_attach),
}

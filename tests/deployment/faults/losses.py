"""How a server is lost, and what makes it well again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.deployment.conftest import booted
from tests.deployment.faults.fleet import Fleet
from tests.lab.host import Host


@dataclass(frozen=True, slots=True)
class Loss:
    """A way for a server to be lost, and to come back."""

    what: str
    lose: Callable[[Fleet, Host], object]
    back: Callable[[Fleet, Host], object]
    dies: bool = False
    """Whether its agent is gone as well."""

    serves: bool = False
    """Whether its visitors notice nothing."""


def power_off(fleet: Fleet, host: Host) -> None:
    """Pull the plug: the lab's own network would still say that connections have ended."""
    fleet.lab.partition(host)
    fleet.lab.kill(host, lose_unsynced=True)


def power_on(fleet: Fleet, host: Host) -> None:
    fleet.lab.start(host)
    booted(fleet.lab, host)


def cut(fleet: Fleet, host: Host) -> None:
    fleet.lab.partition(host)
    fleet.gates[host.name].let_go()


def heal(fleet: Fleet, host: Host) -> None:
    fleet.lab.heal(host)


def freeze(fleet: Fleet, host: Host) -> None:
    fleet.lab.run(host, "pkill", "-STOP", "-x", "sshd")
    fleet.gates[host.name].let_go()


def thaw(fleet: Fleet, host: Host) -> None:
    fleet.lab.run(host, "pkill", "-CONT", "-x", "sshd")


LOSSES = {
    "power": Loss(
        "loses its power, and what was not yet on the disk", power_off, power_on, dies=True
    ),
    "network": Loss("is cut off, both ways", cut, heal),
    "sshd": Loss("has an sshd that hangs", freeze, thaw, serves=True),
}

MOMENTS = {
    "before": "step start its pools",
    "during": "step go live",
    "after": "order settle",
}
"""When one is lost: the record at which its agent stands still."""


def goes_on(moment: str, loss: Loss) -> bool:
    """Whether the new release is live everywhere in the end, if the server is back within 40 s."""
    return moment == "after" or not loss.dies


def holds(moment: str) -> bool:
    """Whether the new release is live everywhere in the end, if it is away for longer."""
    return moment == "after"

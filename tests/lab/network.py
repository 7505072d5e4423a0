"""How are the hosts connected, and how is a connection cut?

One bridge, one cable (a veth pair) and one network namespace a host. No default
route: a host sees this machine and the other hosts, nothing else.
"""

from pathlib import Path

from tests.lab import shell
from tests.lab.errors import LabError
from tests.lab.host import MAX_HOSTS, Host
from tests.lab.settings import Settings
from tests.lab.waiting import until

BRIDGE_MAC = "02:88:00:00:00:fe"
FORWARDING, DISABLED = "3", "0"  # states of a bridge port


def exists(device: str) -> bool:
    return Path(f"/sys/class/net/{device}").exists()


def bridge_up(settings: Settings) -> None:
    bridge = settings.bridge
    if not exists(bridge):
        shell.run("ip", "link", "add", bridge, "type", "bridge")
        # Otherwise its address would change with each port, and our fixed neighbours break.
        shell.run("ip", "link", "set", bridge, "address", BRIDGE_MAC)
    Path(f"/proc/sys/net/ipv6/conf/{bridge}/accept_dad").write_text("0")
    shell.run("ip", "addr", "replace", f"{settings.net}.1/24", "dev", bridge)
    shell.run("ip", "-6", "addr", "replace", f"{settings.net6}:1/64", "dev", bridge, "nodad")
    shell.run("ip", "link", "set", bridge, "up")


def attach(host: Host) -> None:
    """Connect the host, whatever is left of an earlier connection."""
    if not has_cable(host):
        detach(host)
        lay_cable(host)
    bridge = host.settings.bridge
    for ip in (host.ip, host.ip6):
        set_neighbour(ip, host.mac, bridge)
    shell.run("ip", "link", "set", host.veth, "master", bridge, "up")
    forward(host.veth)


def has_cable(host: Host) -> bool:
    return (
        exists(host.veth)
        and Path(f"/run/netns/{host.machine}").exists()
        and shell.try_to("ip", "-n", host.machine, "link", "show", "host0")
    )


def lay_cable(host: Host) -> None:
    namespace = host.machine
    shell.run("ip", "netns", "add", namespace)
    shell.run(
        *("ip", "link", "add", host.veth, "type", "veth"),
        *("peer", "name", "host0", "netns", namespace, "address", host.mac),
    )
    inside = ("ip", "-n", namespace)
    shell.run(*inside, "link", "set", "lo", "up")
    shell.run(*inside, "addr", "add", f"{host.ip}/24", "dev", "host0")
    shell.run(*inside, "addr", "add", f"{host.ip6}/64", "dev", "host0", "nodad")
    shell.run(*inside, "link", "set", "host0", "up")
    shell.run(*inside, "-batch", "-", feed="\n".join(neighbours(host)) + "\n")


def neighbours(host: Host) -> list[str]:
    """Return the host's fixed neighbours, as lines for ``ip -batch``.

    Fixed on both sides, so that a partition is silence (a time-out, as across
    the internet) and not ARP's "no route to host".
    """
    settings = host.settings
    known = [(f"{settings.net}.1", BRIDGE_MAC), (f"{settings.net6}:1", BRIDGE_MAC)]
    others = (Host(settings, n) for n in range(1, MAX_HOSTS + 1) if n != host.number)
    known += [(other.ip, other.mac) for other in others]
    return [f"neigh replace {ip} lladdr {mac} dev host0 nud permanent" for ip, mac in known]


def set_neighbour(ip: str, mac: str, device: str) -> None:
    shell.run("ip", "neigh", "replace", ip, "lladdr", mac, "dev", device, "nud", "permanent")


def forward(device: str) -> None:
    """Open a bridge port. The kernel refuses until it has seen the carrier."""
    if not until(lambda: set_port(device, FORWARDING), seconds=3, pause_seconds=0.01):
        raise LabError(f"{device}: the bridge port does not come up")


def set_port(device: str, state: str) -> bool:
    return shell.try_to("bridge", "link", "set", "dev", device, "state", state)


def cut(host: Host, *, unplug: bool) -> None:
    """Drop all packets in silence, both ways; or let the host see that its cable is out."""
    if unplug:
        shell.run("ip", "link", "set", host.veth, "down")
    else:
        port = host.tap if exists(host.tap) else host.veth
        shell.run("bridge", "link", "set", "dev", port, "state", DISABLED)


def detach(host: Host) -> None:
    shell.try_to("ip", "link", "del", host.veth)
    if Path(f"/run/netns/{host.machine}").exists():
        shell.run("ip", "netns", "del", host.machine)
    for ip in (host.ip, host.ip6):
        shell.try_to("ip", "neigh", "del", ip, "dev", host.settings.bridge)


def remove_all(settings: Settings) -> None:
    """Remove the bridge and what is called after it, known or left over."""
    for namespace in Path("/run/netns").glob(f"{settings.bridge}-h*"):
        shell.try_to("ip", "netns", "del", namespace.name)
    for device in Path("/sys/class/net").glob(f"{settings.bridge}[vt][0-9]*"):
        shell.try_to("ip", "link", "del", device.name)
    shell.try_to("ip", "link", "del", settings.bridge)

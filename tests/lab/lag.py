"""How does a host's network get slow?

A process of our own takes the frames off the host's cable and puts them into
the bridge later, by a tap device. The kernel's netem would be simpler, but it
is often not there.
"""

import signal
from dataclasses import dataclass, replace

from tests.lab import network, processes, records, shell
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.waiting import until


@dataclass(frozen=True, slots=True)
class Lag:
    """How slow.

    >>> print(Lag(80, loss_percent=1))
    80ms rtt 1% loss
    """

    rtt_ms: float
    loss_percent: float = 0
    mbit: float = 0
    """Bandwidth in Mbit/s, each way; 0 is no limit."""

    def __str__(self) -> str:
        parts = [f"{self.rtt_ms:g}ms rtt"]
        if self.loss_percent:
            parts.append(f"{self.loss_percent:g}% loss")
        if self.mbit:
            parts.append(f"{self.mbit:g} Mbit/s")
        return " ".join(parts)


def start(host: Host, lag: Lag) -> None:
    """Put the relay between the host and the bridge."""
    stop(host)
    shell.run("ip", "tuntap", "add", "dev", host.tap, "mode", "tap")
    shell.run("ip", "link", "set", host.veth, "nomaster", "promisc", "on", "up")
    send_whole_frames(host)
    log = host.dir / "lag.log"
    log.unlink(missing_ok=True)
    numbers = (str(lag.rtt_ms), str(lag.loss_percent), str(lag.mbit))
    relay = processes.spawn(
        "tests.lab.relay", host.tap, host.veth, *numbers, log=log, environ=host.settings.environ()
    )
    records.save(host, replace(records.load(host), relay=relay, lag=str(lag), cut=False))
    shell.run("ip", "link", "set", host.tap, "master", host.settings.bridge, "up")
    try:
        network.forward(host.tap)  # it has carrier once the relay holds it
    except LabError as error:
        raise LabError(f"{host.name}: the relay died: {log.read_text()[-500:]}") from error


def send_whole_frames(host: Host) -> None:
    """Have frames checksummed and unsegmented: a raw socket reads them as they are."""
    offload = processes.python("tests.lab.offload")
    shell.run(*offload, host.veth, environ=processes.ENVIRON)
    inside = ("ip", "netns", "exec", host.machine)
    shell.run(*inside, *offload, "host0", environ=processes.ENVIRON)


def stop(host: Host) -> None:
    """End the relay. The cable is then in nothing; `network.attach` puts it back."""
    record = records.load(host)
    if record.relay:
        relay = record.relay
        relay.send(signal.SIGTERM)
        if not until(lambda: not relay.alive, seconds=2, pause_seconds=0.01):
            relay.kill()
        relay.reap()
        records.save(host, replace(record, relay=None, lag=""))
    if network.exists(host.tap):
        shell.run("ip", "link", "del", host.tap)
        shell.try_to("ip", "link", "set", host.veth, "promisc", "off")

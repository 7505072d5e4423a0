"""How hosts are cut off and slowed down."""

import re
import socket
import time

import pytest

from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.lag import Lag

pytestmark = pytest.mark.lab


def connect(host: Host, timeout_seconds: float) -> None:
    socket.create_connection((host.ip, 22), timeout_seconds).close()


def ping(lab: Lab, host: Host, to: str) -> float:
    """Return the shortest round trip in milliseconds."""
    out = lab.run(host, "ping", "-c5", "-i0.1", to).stdout
    found = re.search(r"^rtt min/\S+ = ([\d.]+)/", out, re.MULTILINE)
    assert found, out
    return float(found[1])


def test_a_partition_is_silence_both_ways(lab: Lab, host: Host) -> None:
    connect(host, timeout_seconds=5)

    lab.partition(host)

    with pytest.raises(TimeoutError):
        connect(host, timeout_seconds=1)
    out = lab.run(host, "ping", "-c1", "-W1", "outside.lab", check=False).stdout
    assert "100% packet loss" in out
    assert "nreachable" not in out


def test_a_host_that_is_cut_off_can_be_entered_and_healed(lab: Lab, host: Host) -> None:
    lab.partition(host)

    assert lab.run(host, "hostname").stdout == "h1\n"
    lab.heal(host)
    assert lab.ssh(host, "hostname").stdout == "h1\n"


def test_a_host_can_see_that_its_cable_is_out(lab: Lab, host: Host) -> None:
    lab.partition(host, unplug=True)

    assert "NO-CARRIER" in lab.run(host, "ip", "link", "show", "host0").stdout
    lab.heal()
    assert "NO-CARRIER" not in lab.run(host, "ip", "link", "show", "host0").stdout
    connect(host, timeout_seconds=5)


def test_a_round_trip_takes_as_long_as_the_lag_until_healed(lab: Lab) -> None:
    one, two = lab.up(2)

    lab.lag(two, Lag(rtt_ms=80))
    assert ping(lab, one, two.name) >= 80
    assert lab.ssh(two, "hostname").stdout == "h2\n"

    lab.heal(two)
    assert ping(lab, one, two.name) < 40


def test_a_slow_line_takes_time_for_data(lab: Lab, host: Host) -> None:
    lab.lag(host, Lag(rtt_ms=0, mbit=8))
    since = time.monotonic()

    sent = lab.ssh(host, "head", "-c", "500000", "/dev/zero").stdout

    assert len(sent) == 500_000
    assert time.monotonic() - since >= 0.4


def test_a_line_that_loses_all_is_a_partition(lab: Lab, host: Host) -> None:
    lab.lag(host, Lag(rtt_ms=0, loss_percent=100))

    with pytest.raises(TimeoutError):
        connect(host, timeout_seconds=1)


def test_a_partition_holds_over_lag(lab: Lab, host: Host) -> None:
    lab.lag(host, Lag(rtt_ms=1))
    connect(host, timeout_seconds=5)

    lab.partition(host)

    with pytest.raises(TimeoutError):
        connect(host, timeout_seconds=1)

"""What a host is: a bare Debian server that has no way out."""

import subprocess
import time

import pytest

from tests.lab.errors import CommandFailed
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

GREETING = ("timeout", "5", "bash", "-c", 'read -rn4 < "/dev/tcp/$0/22"; echo "$REPLY"')
EAT_200_MB = ("python3", "-c", "x = b'x' * (200 << 20)")
BURN_100_MS = ("python3", "-c", "import time\nwhile time.process_time() < .1: pass")
FORK_4 = ("sh", "-c", "sleep 60 & sleep 60 & sleep 60 & sleep 60 & true")
UNIT = ("systemd-run", "--wait", "--pipe", "--quiet", "--collect")


def test_deploy_may_log_in_and_become_root(lab: Lab, host: Host) -> None:
    assert lab.ssh(host, "id", "-un").stdout == "deploy\n"
    assert lab.ssh(host, "sudo", "-n", "id", "-un").stdout == "root\n"


def test_systemd_is_well(lab: Lab, host: Host) -> None:
    state = lab.run(host, "systemctl", "is-system-running", "--wait", check=False).stdout
    failed = lab.run(host, "systemctl", "--failed", "--no-legend").stdout

    assert (state, failed) == ("running\n", "")


@pytest.mark.parametrize("program", ["nginx", "pip3", "redis-server", "certbot", "pebble", "gcc"])
def test_a_new_host_is_bare(lab: Lab, host: Host, program: str) -> None:
    assert lab.run(host, "sh", "-c", f"command -v {program}", check=False).stdout == ""


def test_no_two_hosts_are_the_same(lab: Lab) -> None:
    hosts = lab.up(2)

    for what in ("/etc/machine-id", "/etc/hostname", "/etc/ssh/ssh_host_ed25519_key.pub"):
        assert len({lab.run(host, "cat", what).stdout for host in hosts}) == 2


def test_a_host_with_another_s_key_is_refused(lab: Lab) -> None:
    one, two = lab.up(2)

    refused = ssh_believing(lab, one, two)

    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr
    assert ssh_believing(lab, one, one).returncode == 0


def ssh_believing(lab: Lab, host: Host, believed: Host) -> subprocess.CompletedProcess[str]:
    alias = ("-o", f"HostKeyAlias={believed.name}")
    command = ("ssh", "-F", str(lab.ssh_config), *alias, host.name, "true")
    return subprocess.run(command, check=False, text=True, capture_output=True)


def test_hosts_see_each_other_and_this_machine_and_nothing_else(lab: Lab) -> None:
    one, two = lab.up(2)

    for address in (two.name, two.ip, two.ip6):
        assert lab.run(one, *GREETING, address).stdout == "SSH-\n"
    assert lab.run(one, "ping", "-c1", "-W5", "outside.lab").returncode == 0
    with pytest.raises(CommandFailed, match="Network is unreachable"):
        lab.run(one, "ping", "-c1", "-W5", "192.0.2.1")


def test_memory_max_kills(lab: Lab, host: Host) -> None:
    lab.run(host, *UNIT, *EAT_200_MB)

    with pytest.raises(CommandFailed):
        lab.run(host, *UNIT, "-p", "MemoryMax=30M", *EAT_200_MB)


def test_tasks_max_refuses(lab: Lab, host: Host) -> None:
    lab.run(host, *UNIT, *FORK_4)

    with pytest.raises(CommandFailed, match="Cannot fork"):
        lab.run(host, *UNIT, "-p", "TasksMax=3", *FORK_4)


def test_cpu_quota_slows_down(lab: Lab, host: Host) -> None:
    since = time.monotonic()

    lab.run(host, *UNIT, "-p", "CPUQuota=10%", *BURN_100_MS)

    assert time.monotonic() - since > 0.5


def test_a_small_disk_fills_up(lab: Lab) -> None:
    (host,) = lab.up(1, disk_mb=64)

    with pytest.raises(CommandFailed, match="No space left on device"):
        lab.run(host, "dd", "if=/dev/zero", "of=/root/x", "bs=1M", "count=200")

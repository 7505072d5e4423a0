"""How hosts go off and come back, by will and by accident."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab import image, life, network, records, shell, status
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"


def test_up_discards_what_was_there_unless_told_to_leave_it(lab: Lab, host: Host) -> None:
    lab.run(host, "touch", "mine")
    pid_1 = records.leader(host)

    lab.up(1, fresh=False)
    lab.start(host)
    assert (records.leader(host), lab.run(host, "ls").stdout) == (pid_1, "mine\n")

    lab.up(1)
    assert lab.run(host, "ls").stdout == ""


def test_a_killed_host_has_what_it_wrote(lab: Lab, host: Host) -> None:
    lab.run(host, "sh", "-c", "echo kept > a")

    lab.kill(host)
    assert records.state(host) == "off"
    lab.start(host)

    assert lab.run(host, "cat", "a").stdout == "kept\n"


def test_a_power_cut_loses_what_was_not_synced_and_nothing_else(lab: Lab, host: Host) -> None:
    lab.run(host, "sh", "-c", "echo kept > a; sync; echo lost > b; echo safe > c; sync c")

    lab.kill(host, lose_unsynced=True)
    lab.start(host)

    assert lab.run(host, "cat", "a", "c").stdout == "kept\nsafe\n"
    assert "lost" not in lab.run(host, "cat", "b", check=False).stdout


def test_a_new_host_is_itself_after_a_power_cut(lab: Lab, host: Host) -> None:
    key = lab.run(host, "cat", HOST_KEY).stdout

    lab.kill(host, lose_unsynced=True)
    lab.start(host)

    assert lab.run(host, "cat", HOST_KEY).stdout == key
    assert lab.ssh(host, "hostname").stdout == "h1\n"


def test_a_host_that_is_off_cannot_be_killed(lab: Lab, host: Host) -> None:
    lab.kill(host)

    with pytest.raises(LabError, match=r"h1 is off \(start it with: lab start h1\)"):
        lab.kill(host)


def test_a_host_powers_off_in_good_order_and_starts_again(lab: Lab, host: Host) -> None:
    lab.stop(host)

    assert records.state(host) == "off"
    lab.start(host)
    assert lab.ssh(host, "hostname").stdout == "h1\n"
    assert "Reached target" in lab.run(host, "journalctl", "-b", "-1", "-g", "Power Off").stdout


def test_a_host_can_reboot_itself(lab: Lab, host: Host) -> None:
    pid_1 = records.leader(host)
    assert pid_1

    lab.ssh(host, "sudo", "systemctl", "reboot", check=False)

    assert until(lambda: records.leader(host) not in (None, pid_1), seconds=60)
    life.wait(host, timeout_seconds=60)
    assert lab.ssh(host, "hostname").stdout == "h1\n"


def test_a_host_whose_supervisor_died_is_off_and_can_be_started(lab: Lab, host: Host) -> None:
    supervisor = records.running(host)
    assert supervisor

    supervisor.kill()

    assert until(lambda: records.state(host) == "off", seconds=10)
    lab.up(1, fresh=False)
    assert lab.ssh(host, "hostname").stdout == "h1\n"


def test_a_lab_whose_bridge_vanished_comes_up_again(lab: Lab, host: Host) -> None:
    shell.run("ip", "link", "del", lab.settings.bridge)

    lab.up(1)

    assert lab.ssh(host, "hostname").stdout == "h1\n"


def test_a_host_from_a_snapshot_has_the_data_and_not_the_name(lab: Lab, host: Host) -> None:
    lab.run(host, "sh", "-c", "echo data > a")
    lab.snap(host, "one")

    _, copy = lab.up(2, fresh=False, source="one")

    assert lab.run(copy, "cat", "a").stdout == "data\n"
    assert lab.ssh(copy, "hostname").stdout == "h2\n"
    for what in ("/etc/machine-id", HOST_KEY):
        assert lab.run(copy, "cat", what).stdout != lab.run(host, "cat", what).stdout
    assert "one" in status.of(lab.settings).snapshots


def test_a_snapshot_s_name_cannot_leave_its_folder(lab: Lab, host: Host) -> None:
    with pytest.raises(LabError, match=r"bad snapshot name '\.\./x'"):
        lab.snap(host, "../x")


def test_an_image_in_use_is_not_removed(lab: Lab, host: Host) -> None:
    used = image.place(lab.settings, image.name(lab.settings))

    with pytest.raises(LabError, match=f"hosts are running on image {used.name}"):
        image.remove(used)

    assert lab.run(host, "true").returncode == 0


def test_a_host_that_dies_while_booting_tells_why(lab: Lab, host: Host, tmp_path: Path) -> None:
    lab.kill(host)
    elsewhere = Lab(replace(lab.settings, cache=tmp_path), lab.tell)

    with pytest.raises(LabError, match=r"h1: died while booting;(?s:.*)image \w+, which is gone"):
        elsewhere.start(Host(elsewhere.settings, host.number))


def test_nothing_is_left_of_a_lab_that_is_down(lab: Lab, host: Host) -> None:
    state, bridge = lab.settings.state, lab.settings.bridge
    lab.up(2)

    lab.down()
    lab.down()

    assert str(state / "hosts") not in Path("/proc/self/mountinfo").read_text()
    assert not host.dir.exists()
    assert not network.exists(bridge)
    for place in ("/run/netns", "/sys/class/net", "/run/systemd/nspawn/propagate"):
        assert not list(Path(place).glob(f"{bridge}[-vt]*"))
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{bridge}"))
    assert str(state) not in shell.run("losetup", "--list", "--output", "BACK-FILE").stdout

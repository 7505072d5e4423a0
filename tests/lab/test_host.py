from pathlib import Path

import pytest

from tests.lab.errors import LabError
from tests.lab.host import MAX_HOSTS, Host, every, first, named
from tests.lab.settings import read

SETTINGS = read({"LAB_NUMBER": "5"})
INTERFACE_NAME_CHARACTERS = 15


def test_a_host_s_names_and_addresses_follow_from_its_number() -> None:
    host = named(SETTINGS, "h12")

    assert (host.ip, host.ip6, host.mac) == ("10.89.5.22", "fd0a:59:5::16", "02:88:00:00:00:0c")
    assert (host.machine, host.veth, host.tap) == ("fylab5-h12", "fylab5v12", "fylab5t12")


@pytest.mark.parametrize("name", ["", "h", "h0", "h01", "h41", "h100", "x1", "h1\n", "H1", "../h1"])
def test_what_is_not_called_like_a_host_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="hosts are h1 to h40"):
        named(SETTINGS, name)


@pytest.mark.parametrize("count", [0, -1, MAX_HOSTS + 1])
def test_a_lab_has_1_to_40_hosts(count: int) -> None:
    with pytest.raises(LabError, match="a lab has 1 to 40"):
        first(SETTINGS, count)


def test_devices_of_the_last_host_on_the_longest_bridge_have_names_the_kernel_takes() -> None:
    host = Host(read({"LAB_BRIDGE": "twelve-chars"}), MAX_HOSTS)

    assert len(host.veth) <= INTERFACE_NAME_CHARACTERS
    assert len(host.tap) <= INTERFACE_NAME_CHARACTERS


def test_the_hosts_there_are_come_in_order_and_nothing_else_does(tmp_path: Path) -> None:
    settings = read({"LAB_STATE": str(tmp_path)})
    for name in ("h10", "h2", "h1", "other"):
        (tmp_path / "hosts" / name).mkdir(parents=True)

    assert [host.name for host in every(settings)] == ["h1", "h2", "h10"]

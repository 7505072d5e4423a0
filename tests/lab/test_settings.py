from pathlib import Path

import pytest

from tests.lab.errors import LabError
from tests.lab.settings import numbered, read


def test_labs_of_different_numbers_share_nothing_but_the_cache() -> None:
    one, two = read({"LAB_NUMBER": "1"}), read({"LAB_NUMBER": "2"})

    assert one.cache == two.cache
    assert one.state != two.state
    assert one.bridge != two.bridge
    assert one.net != two.net
    assert one.net6 != two.net6


def test_settings_survive_the_way_through_the_environment() -> None:
    settings = read({"LAB_NUMBER": "7", "LAB_DISK_MB": "64", "LAB_MIRROR": "http://m.test/debian"})

    assert read(settings.environ()) == settings


def test_what_is_said_counts_for_more_than_the_number() -> None:
    settings = read({"LAB_NUMBER": "7", "LAB_STATE": "/s", "LAB_BRIDGE": "b", "LAB_NET": "10.1.2"})

    assert (settings.state, settings.bridge, settings.net) == (Path("/s"), "b", "10.1.2")


def test_a_numbered_lab_ignores_the_state_bridge_and_net_of_another() -> None:
    environ = {"LAB_STATE": "/s", "LAB_BRIDGE": "b", "LAB_NET": "10.1.2", "LAB_CACHE": "/c"}

    assert numbered(3, environ) == read({"LAB_NUMBER": "3", "LAB_CACHE": "/c"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LAB_BRIDGE", "thirteenchars"),
        ("LAB_BRIDGE", "0lab"),
        ("LAB_BRIDGE", "lab*"),
        ("LAB_NET", "10.89"),
        ("LAB_NET", "10.89.256"),
        ("LAB_NET", "10.89.0.0"),
        ("LAB_NUMBER", "256"),
        ("LAB_NUMBER", "-1"),
        ("LAB_DISK_MB", "4G"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(name: str, text: str) -> None:
    with pytest.raises(LabError, match=f"{name} '{text.replace('*', '[*]')}' must be"):
        read({name: text})

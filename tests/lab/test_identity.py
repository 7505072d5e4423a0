import os
from pathlib import Path

import pytest

from tests.lab import recipe
from tests.lab.identity import Upper, hosts_file
from tests.lab.settings import read


def test_every_host_of_the_lab_and_this_machine_have_names() -> None:
    lines = hosts_file(read({})).splitlines()

    assert "10.89.0.1 outside.lab outside" in lines
    assert "10.89.0.11 h1.lab h1" in lines
    assert "10.89.0.50 h40.lab h40" in lines


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away, which only root may")
def test_a_directory_over_the_image_s_looks_like_it(tmp_path: Path) -> None:
    upper = Upper(tmp_path / "upper", tmp_path / "image")
    upper.place.mkdir()
    (upper.image / "home/deploy").mkdir(parents=True)
    (upper.image / "home/deploy").chmod(0o750)

    upper.put("home/deploy/.ssh/authorized_keys", "key", 0o600)

    home, ssh = (upper.place / "home/deploy"), (upper.place / "home/deploy/.ssh")
    assert [p.stat().st_mode & 0o777 for p in (home, ssh, ssh / "authorized_keys")] == [
        *(0o750, 0o700, 0o600)
    ]
    assert {p.stat().st_uid for p in (home, ssh, ssh / "authorized_keys")} == {recipe.USER_ID}
    assert home.parent.stat().st_uid == 0

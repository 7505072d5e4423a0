from __future__ import annotations

from pathlib import Path

from deploy.building.build import Target
from deploy.bundle import File


def test_a_target_takes_every_wheel_its_glibc_can_run() -> None:
    options = Target("3.12", "aarch64", "2.17").pip_options

    assert options[:4] == ["--implementation", "cp", "--python-version", "3.12"]
    assert [word for word in options if word.startswith("manylinux")] == [
        *(f"manylinux_2_{n}_aarch64" for n in range(17, 4, -1)),
        "manylinux2014_aarch64",
        "manylinux2010_aarch64",
        "manylinux1_aarch64",
    ]
    assert options[-6:] == ["--abi", "cp312", "--abi", "abi3", "--abi", "none"]


def test_files_are_known_by_their_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(b"wheel")

    file = File.of(path, "wheels/a.whl")

    assert file.size == 5
    assert file.kept == f"{file.sha256}/a.whl"

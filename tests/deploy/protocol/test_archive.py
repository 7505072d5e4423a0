"""A backup is whole and as it was packed, or it is refused."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.protocol.archive import Manifest, Writer, read, taken_out
from tests.deploy.onhost.test_unpack import packed

ABOUT = Manifest(site="yard", server="web1", made="2026-11-21T12:00:00+00:00", release="")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "file").write_text("content")
    return folder


def written(folder: Path, data: Path, *pools: str) -> Path:
    path = folder / "backup.tar"
    writer = Writer(folder / "partial")
    with writer.file:
        for pool in pools:
            with writer.part(pool) as coming:
                coming.write(packed(data))
        writer.end(path, ABOUT)
    return path


def test_a_backup_tells_what_it_is_of_and_gives_it_back(tmp_path: Path, data: Path) -> None:
    path = written(tmp_path, data, "default", "files")

    manifest = read(path)
    file, copy = taken_out(path, manifest, "files", tmp_path)

    assert manifest.model_copy(update={"pools": {}}) == ABOUT
    assert {name: (one.files, one.bytes) for name, one in manifest.pools.items()} == {
        "default": (1, 7),
        "files": (1, 7),
    }
    assert (file.name, file.size) == ("files.tar.gz", copy.stat().st_size)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "partial").exists()
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["default.tar.gz", "files.tar.gz", "manifest.json"]


def test_what_is_not_whole_gets_no_name(tmp_path: Path, data: Path) -> None:
    writer = Writer(tmp_path / "partial")

    def cut_off() -> None:
        with writer.file, writer.part("default") as coming:
            coming.write(packed(data)[:-20])

    with pytest.raises(DeployError, match="the data of default: it is no archive"):
        cut_off()


def test_a_backup_that_is_damaged_is_refused(tmp_path: Path, data: Path) -> None:
    path = written(tmp_path, data, "default")
    content = bytearray(path.read_bytes())
    content[600] ^= 1
    path.write_bytes(content)

    with pytest.raises(DeployError, match="is damaged: the data of default are not what"):
        taken_out(path, read(path), "default", tmp_path)


@pytest.mark.parametrize("size", [0, 511, 1000])
def test_half_a_backup_is_refused(tmp_path: Path, data: Path, size: int) -> None:
    path = written(tmp_path, data, "default")
    path.write_bytes(path.read_bytes()[:size])

    with pytest.raises(DeployError, match="is no backup that `fab backup` made, or not whole"):
        read(path)


def test_a_manifest_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 2}))
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(tmp_path / "manifest.json", "manifest.json")

    with pytest.raises(DeployError, match=r"manifest.json: format: "):
        read(tmp_path / "x.tar")


def test_a_backup_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="No such file or directory"):
        read(tmp_path / "no.tar")

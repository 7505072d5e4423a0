"""`deploy.onhost.adopt`, run as a server runs it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import perform
from deploy.acting.steps import Script


@pytest.fixture
def at(tmp_path: Path) -> Path:
    for name in ("incoming", "store", "folder"):
        (tmp_path / name).mkdir()
    return tmp_path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def upload(at: Path, content: bytes, named: str = "") -> str:
    """Put content into incoming; return the name it has there."""
    name = named or sha256(content)
    (at / "incoming" / name).write_bytes(content)
    return name


def adopt(at: Path, *files: tuple[str, str]) -> Outcome:
    folders = {name: str(at / name) for name in ("incoming", "store", "folder")}
    return perform(Script.of("adopt", {**folders, "files": files}), Here())


def test_an_upload_is_kept_by_its_hash_and_given_to_the_folder(at: Path) -> None:
    name = upload(at, b"wheel")

    assert adopt(at, (name, "wheels/a.whl")) == Outcome(0, "", "")

    kept, given = at / "store" / name / "a.whl", at / "folder/wheels/a.whl"
    assert given.read_bytes() == b"wheel"
    assert kept.samefile(given), "one file on the disk"
    assert list((at / "incoming").iterdir()) == []


def test_what_the_store_has_needs_no_upload(at: Path) -> None:
    name = upload(at, b"wheel")
    adopt(at, (name, "a.whl"))
    (at / "folder/a.whl").unlink()

    assert adopt(at, (name, "a.whl")).exit_code == 0

    assert (at / "folder/a.whl").read_bytes() == b"wheel"


def test_adopting_twice_is_as_adopting_once(at: Path) -> None:
    name = upload(at, b"wheel")

    assert adopt(at, (name, "a.whl")).exit_code == 0
    assert adopt(at, (name, "a.whl")).exit_code == 0


def test_a_file_with_another_hash_is_refused_and_not_kept(at: Path) -> None:
    name = upload(at, b"evil", named=sha256(b"wheel"))

    outcome = adopt(at, (name, "a.whl"))

    assert outcome.exit_code == 1
    assert outcome.err == f"a.whl arrived with sha256 {sha256(b'evil')}, should be {name}\n"
    assert not list((at / "store").rglob("*.whl"))
    assert not list((at / "folder").iterdir())


def test_a_copy_that_was_cut_off_does_not_stop_the_next(at: Path) -> None:
    name = upload(at, b"wheel")
    (at / "store" / name).mkdir()
    (at / "store" / name / ".new").write_bytes(b"wh")

    assert adopt(at, (name, "a.whl")).exit_code == 0

    assert (at / "folder/a.whl").read_bytes() == b"wheel"
    assert [path.name for path in (at / "store" / name).iterdir()] == ["a.whl"]


def test_a_missing_upload_is_named(at: Path) -> None:
    outcome = adopt(at, ("0" * 64, "a.whl"))

    assert outcome.err == f"{at}/incoming/{'0' * 64}: No such file or directory\n"


def test_a_symbolic_link_is_not_followed(at: Path) -> None:
    secret = at / "secret"
    secret.write_bytes(b"root's own")
    (at / "incoming" / sha256(b"root's own")).symlink_to(secret)

    outcome = adopt(at, (sha256(b"root's own"), "a.whl"))

    assert outcome.exit_code == 1
    assert "Too many levels of symbolic links" in outcome.err
    assert secret.read_bytes() == b"root's own"
    assert not list((at / "folder").iterdir())


def test_a_pipe_is_refused_and_not_waited_for(at: Path) -> None:
    os.mkfifo(at / "incoming" / ("0" * 64))

    outcome = adopt(at, ("0" * 64, "a.whl"))

    assert outcome.err == f"{at}/incoming/{'0' * 64} is no file\n"


def test_others_may_read_what_is_adopted_and_not_write_it(at: Path) -> None:
    name = upload(at, b"wheel")
    (at / "incoming" / name).chmod(0o600)

    adopt(at, (name, "wheels/a.whl"))

    assert (at / "folder/wheels/a.whl").stat().st_mode & 0o777 == 0o644
    assert (at / "folder/wheels").stat().st_mode & 0o777 == 0o755

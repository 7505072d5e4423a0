"""Of what a client sends, a server keeps only what it is said to be."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path
from threading import Thread, get_ident

import pytest
from pydantic import ValidationError

from deploy.agent import receiving
from deploy.agent.receiving import PIECE, Store
from deploy.bundle import File
from deploy.errors import PlanError
from tests.deploy.agent.there import There

CONTENT = bytes(range(256)) * 20


@pytest.fixture
def at(tmp_path: Path) -> There:
    at = There("yard", str(tmp_path))
    Path(at.store).mkdir(parents=True)
    return at


def described(content: bytes, name: str = "wheels/a-1-py3-none-any.whl") -> File:
    return File(name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def kept(at: There) -> list[str]:
    """Return the files in the store, also those that are no whole ones."""
    store = Path(at.store)
    return [str(path.relative_to(store)) for path in store.rglob("*") if not path.is_dir()]


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, b"x" * (2 * PIECE + 1)])
def test_a_file_is_kept_by_its_hash_and_what_follows_it_is_left(at: There, content: bytes) -> None:
    file, source = described(content), io.BytesIO(content + b'{"ask":"last"}\n')

    assert Store(at.store).take(file, source)

    assert (Path(at.store) / file.kept).read_bytes() == content
    assert kept(at) == [file.kept]
    assert source.read() == b'{"ask":"last"}\n'


def test_only_files_that_are_not_there_are_lacking(at: There) -> None:
    one, two = described(b"one"), described(b"two")
    Store(at.store).take(one, io.BytesIO(b"one"))

    assert Store(at.store).lacking([one, two]) == [two.sha256]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (CONTENT[::-1], "has sha256"),
        (CONTENT[:-1], "has sha256"),
        (b"", "has sha256"),
        (b"more" + CONTENT, "has sha256"),
    ],
    ids=["another", "cut off", "nothing", "longer"],
)
def test_what_is_something_else_is_not_kept(at: There, sent: bytes, message: str) -> None:
    file = described(CONTENT)

    with pytest.raises(PlanError, match=f"cannot keep {file.name}: {message}"):
        Store(at.store).take(file, io.BytesIO(sent))

    assert kept(at) == []
    assert Store(at.store).take(file, io.BytesIO(CONTENT)), "as it is sent again"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_after_all_was_read(at: There) -> None:
    file, source = described(CONTENT), io.BytesIO(CONTENT + b"next")

    aside = (Path(at.store) / file.kept).with_name(f".new-{get_ident()}")
    aside.parent.mkdir()
    aside.symlink_to("/dev/full")

    with pytest.raises(PlanError, match=f"cannot keep {file.name}: No space left on device"):
        Store(at.store).take(file, source)

    assert source.read() == b"next", "or it would be taken for requests"
    assert kept(at) == []


def test_a_store_that_cannot_be_written_is_told_after_all_was_read(at: There) -> None:
    file, source = described(CONTENT), io.BytesIO(CONTENT + b"next")
    Path(at.store).rmdir()
    Path(at.store).write_text("no folder")

    with pytest.raises(PlanError, match=f"cannot keep {file.name}: Not a directory"):
        Store(at.store).take(file, source)

    assert source.read() == b"next"


def test_two_who_send_the_same_file_do_not_meet(at: There) -> None:
    file = described(CONTENT)

    def cut_off() -> None:
        with pytest.raises(PlanError):
            Store(at.store).take(file, io.BytesIO(CONTENT[:10]))

    class Meanwhile(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            """Half a file, then another who sends less of it."""
            if self.tell() == 2000:
                other = Thread(target=cut_off)
                other.start()
                other.join()
            return super().read(min(size or 0, 2000))

    assert Store(at.store).take(file, Meanwhile(CONTENT))

    assert (Path(at.store) / file.kept).read_bytes() == CONTENT
    assert kept(at) == [file.kept]


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../a.whl", "/etc/passwd", "wheels/", "wheels/..", "wheels/../a.whl"),
        *("wheels//a", "wheels/b/c", "other/a.whl", ".hidden", "wheels/.new", "-r", "wheels/-r"),
        *("a b", "a\n", "a\0", "a\\b", "ü.whl", "a$b", "a\r\n", "a;b", "~root"),
    ],
)
def test_a_name_that_would_escape_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        File(name=name, sha256="a" * 64, size=1)


@pytest.mark.parametrize(
    "name", ["site.toml", "wheels/a-1.0+local-py3-none-any.whl", "b~1", "wheels/x!y_z.whl"]
)
def test_names_of_a_release_are_taken(name: str) -> None:
    assert File(name=name, sha256="a" * 64, size=0).name == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "A" * 64},
        {"sha256": "a" * 63},
        {"sha256": "../" + "a" * 61},
        {"sha256": "a" * 64 + "\n"},
        {"size": -1},
        {"size": "many"},
        {"path": "/etc/passwd"},
    ],
)
def test_a_file_that_is_described_wrong_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        File.model_validate({"name": "a", "sha256": "a" * 64, "size": 1, **wrong})


def test_what_would_fill_the_disk_is_not_kept_nor_taken_for_requests(
    at: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = CONTENT * 12_000
    free = os.statvfs(at.store).f_bavail * os.statvfs(at.store).f_frsize
    # There is room before, but not after; half of it either way is for what others write meanwhile.
    monkeypatch.setattr(receiving, "ROOM_BYTES", free - len(large) // 2)
    source = io.BytesIO(large + b'{"ask":"last"}\n')

    with pytest.raises(PlanError, match="61,440,000 bytes would leave the disk too little room"):
        Store(at.store).take(described(large), source)

    assert kept(at) == []
    assert source.read() == b'{"ask":"last"}\n'


def test_a_full_store_forgets_what_no_release_has_and_nobody_sent_lately(
    at: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("used", "unused", "tomorrow", "just sent")
    used, unused, future, fresh = (described(name.encode(), f"{name[:4]}.tar.gz") for name in names)
    for file, name in zip((used, unused, future, fresh), names, strict=True):
        Store(at.store).take(file, io.BytesIO(name.encode()))
    os.link(f"{at.store}/{used.kept}", f"{at.root}/used")
    for file in (used, unused):
        os.utime(f"{at.store}/{file.kept}", (0, 0))
    tomorrow = time.time() + 86_400  # as the clock was until it was set back
    os.utime(f"{at.store}/{future.kept}", (tomorrow, tomorrow))
    monkeypatch.setattr(receiving, "ROOM_INODES", 1 << 62)

    with pytest.raises(PlanError):
        Store(at.store).take(described(CONTENT), io.BytesIO(CONTENT))

    assert sorted(kept(at)) == sorted([used.kept, fresh.kept])


def test_nothing_stays_of_what_an_agent_that_was_killed_was_receiving(at: There) -> None:
    whole, half = described(b"whole"), described(CONTENT)
    Store(at.store).take(whole, io.BytesIO(b"whole"))
    aside = Path(at.store, half.sha256, ".new-4711")
    aside.parent.mkdir(parents=True)
    aside.write_bytes(CONTENT[:9])

    Store(at.store).clear()

    assert kept(at) == [whole.kept]
    assert Store(at.store).lacking([whole, half]) == [half.sha256]

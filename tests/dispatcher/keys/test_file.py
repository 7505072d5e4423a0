"""The master keys are made once, whole, and for nobody else's eyes."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from dispatcher.cli import main
from dispatcher.keys.derivation import Keys, Master
from dispatcher.keys.file import KeyFile, located
from dispatcher.keys.private import PrivateError


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "instance" / "keys")


def test_the_first_who_asks_makes_the_keys(file: KeyFile) -> None:
    keys = file.read()

    assert file.read() == keys
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert list(file.path.parent.iterdir()) == [file.path], "nothing is left aside"


def test_all_who_ask_first_get_the_same_keys(file: KeyFile) -> None:
    program = f"""
from pathlib import Path
from dispatcher.keys.file import KeyFile
print(KeyFile(Path({str(file.path)!r})).read().masters[0].key.hex())
"""
    with ThreadPoolExecutor(4) as threads:
        run = lambda _: subprocess.check_output([sys.executable, "-c", program], text=True)  # noqa: E731
        told = list(threads.map(run, range(4)))

    assert set(told) == {f"{file.read().masters[0].key.hex()}\n"}


def test_a_rotation_keeps_what_was_and_who_may_read_it(file: KeyFile) -> None:
    before = file.read()

    after = file.rotate()

    assert file.read() == after
    assert after.masters[1:] == before.masters
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(file: KeyFile, mode: int) -> None:
    file.read()
    file.path.chmod(mode)

    with pytest.raises(PrivateError, match=f"others may read it; run: chmod 600 {file.path}"):
        file.read()


def test_a_damaged_file_is_refused_and_stays(file: KeyFile) -> None:
    file.read()
    file.path.write_text("half a k")

    with pytest.raises(PrivateError, match="line 1 must be"):
        file.rotate()
    assert file.path.read_text() == "half a k"


@pytest.mark.parametrize("content", [b"\xff\xfe", b""])
def test_what_is_no_text_is_refused(file: KeyFile, content: bytes) -> None:
    file.read()
    file.path.write_bytes(content)

    with pytest.raises(PrivateError, match=r"is not text|is empty"):
        file.read()


def test_a_place_that_cannot_be_says_why(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file")

    with pytest.raises(PrivateError, match=r"instance/keys: cannot be read: Not a directory"):
        KeyFile(tmp_path / "instance" / "keys").read()


def test_where_the_keys_are(tmp_path: Path) -> None:
    site, credentials = tmp_path / "site.toml", tmp_path / "credentials"
    here = KeyFile(tmp_path / "instance" / "keys")
    credentials.mkdir()
    systemd = {"CREDENTIALS_DIRECTORY": str(credentials)}

    assert located(site, {}) == here
    assert located(site, systemd) == here, "its credentials are for something else"
    (credentials / "keys").write_text(Keys((Master.new(),)).text())
    assert located(site, systemd) == KeyFile(credentials / "keys", own=False)
    assert located(site, {**systemd, "DISPATCHER_KEYS": "/k"}) == KeyFile(Path("/k"))


def test_systemd_s_credentials_are_read_whatever_their_mode(tmp_path: Path) -> None:
    """It shows the access control list that lets the pool's user in as a group's right."""
    keys = Keys((Master.new(),))
    (tmp_path / "keys").write_text(keys.text())
    (tmp_path / "keys").chmod(0o440)

    assert KeyFile(tmp_path / "keys", own=False).read() == keys


def dispatcher(*words: str) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_rotates_and_shows_no_key(tmp_path: Path) -> None:
    site = str(tmp_path / "site.toml")
    (first,) = located(Path(site), {}).read().masters

    told = dispatcher("secrets", "rotate", "--site", site)
    listed = dispatcher("secrets", "list", "--site", site)

    new, old = located(Path(site), {}).read().masters
    assert old == first
    for output in (told, listed):
        rows = [line.split() for line in output.splitlines()[1:3]]
        assert rows == [
            [new.fingerprint, new.made, "signs"],
            [old.fingerprint, old.made, "is", "taken"],
        ]
        assert new.key.hex() not in output
        assert old.key.hex() not in output
    assert "still taken, until 2 more rotations" in told
    told = dispatcher("secrets", "list", "--site", site, "--json")
    assert [key["use"] for key in json.loads(told)["keys"]] == ["signs", "is taken"]
    assert new.key.hex() not in told


def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "keys").write_text("")
    (tmp_path / "instance" / "keys").chmod(0o600)

    result = CliRunner().invoke(main, ["secrets", "list", "--site", str(tmp_path / "site.toml")])

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {tmp_path}/instance/keys: is empty")

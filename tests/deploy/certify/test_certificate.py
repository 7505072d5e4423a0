"""What is in a file is told by openssl, and nothing of a key by anything."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.certify.certificate import Unfit, given, joined, looked_at, read
from deploy.onhost import placeholder
from tests.deploy.certify.made import NOW, made


def test_a_certificate_says_for_whom_and_for_how_long_it_is() -> None:
    chain, _ = made("example.org", "*.example.org", life=90, left=30)

    found = looked_at(chain)

    assert found.names == ("example.org", "*.example.org")
    assert (found.begins, found.ends) == (NOW - timedelta(days=60), NOW + timedelta(days=30))
    assert found.issuer == "O=Somebody"
    assert not found.placeholder


def test_key_and_certificate_become_one_file_that_says_the_same() -> None:
    chain, key = made("example.org")

    content, found = joined(chain, key, "example.org")

    assert content == key + chain
    assert looked_at(content) == found


def test_a_placeholder_is_known_for_what_it_is_and_replaces_nothing(tmp_path: Path) -> None:
    one, other = tmp_path / "a.pem", tmp_path / "b.pem"
    other.write_text("there already")

    placeholder.main({"paths": [str(one), str(other)], "aside": "new"})

    assert looked_at(read(one)).placeholder
    assert other.read_text() == "there already"
    assert one.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [one, other]


@pytest.mark.parametrize(
    ("chain", "key", "why"),
    [
        (made("a.org"), made("a.org"), "is the key of another certificate"),
        (made("b.org"), None, "is for b.org, not for a.org"),
        ((b"root:x:0:0:secret", b""), None, "is no certificate in PEM that openssl can read"),
        (made("a.org"), (b"", b"secret"), "is no key without a passphrase in PEM"),
        (made("a.org", passphrase=b"secret"), None, "is no key without a passphrase in PEM"),
    ],
    ids=["another key", "another host", "no certificate", "no key", "a passphrase"],
)
def test_what_cannot_serve_is_refused_and_not_shown(
    chain: tuple[bytes, bytes], key: tuple[bytes, bytes] | None, why: str
) -> None:
    with pytest.raises(Unfit) as raised:
        joined(chain[0], (key or chain)[1], "a.org")

    assert why in str(raised.value)
    assert "secret" not in str(raised.value)


def test_of_two_files_that_which_cannot_serve_is_named(tmp_path: Path) -> None:
    chain, key = made("a.org")
    (tmp_path / "own.pem").write_bytes(chain)
    for name, content in (
        ("own.key", key),
        ("no.key", b"nothing"),
        ("other.key", made("a.org")[1]),
    ):
        (tmp_path / name).write_bytes(content)

    def why(certificate: str, key: str, host: str = "a.org") -> str:
        with pytest.raises(Unfit) as raised:
            given(tmp_path / certificate, tmp_path / key, host)
        return str(raised.value).removeprefix(f"{tmp_path}/")

    assert given(tmp_path / "own.pem", tmp_path / "own.key", "a.org")
    assert why("own.pem", "no.key").startswith("no.key is no key without a passphrase")
    assert why("own.pem", "other.key") == "other.key is the key of another certificate"
    assert why("own.pem", "gone.key") == "gone.key cannot be read: No such file or directory"
    assert why("no.key", "own.key").startswith("no.key is no certificate")
    assert why("own.pem", "own.key", "b.org") == "own.pem is for a.org, not for b.org"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    pipe, long = tmp_path / "pipe", tmp_path / "long"
    os.mkfifo(pipe)
    long.write_bytes(bytes(300_000))

    for path, why in ((pipe, "is not a file"), (tmp_path, "is not a file"), (long, "is too long")):
        with pytest.raises(Unfit, match=why):
            read(path)
    with pytest.raises(Unfit, match=r"cannot be read: No such file"):
        read(tmp_path / "nothing")

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dispatcher.develop.certificate import LEFT, VALID, ensure

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "localhost.pem"


def test_it_names_all_that_the_site_is_called_here(file: Path) -> None:
    ensure(file, ["wiki.example.net.localhost", "*.archive.localhost", "192.0.2.7"])

    decoded = ssl._ssl._test_decode_cert(str(file))  # type: ignore[attr-defined]
    assert {name for _, name in decoded["subjectAltName"]} == {
        "localhost",
        "*.localhost",
        "*.archive.localhost",
        "wiki.example.net.localhost",
        "127.0.0.1",
        "192.0.2.7",
        "0:0:0:0:0:0:0:1",
    }


def test_only_its_owner_reads_the_key(file: Path) -> None:
    ensure(file, [])
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_stays_the_same_while_it_serves(file: Path) -> None:
    ensure(file, ["wiki.localhost"], NOW)
    before = file.read_bytes()

    ensure(file, [], NOW + VALID - LEFT - timedelta(days=1))

    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("names", "later"), [(["new.localhost"], timedelta()), ([], VALID - LEFT)], ids=["name", "end"]
)
def test_it_is_made_again_when_it_lacks_a_name_or_ends_soon(
    file: Path, names: list[str], later: timedelta
) -> None:
    ensure(file, [], NOW)
    before = file.read_bytes()

    ensure(file, names, NOW + later)

    assert file.read_bytes() != before


def test_a_file_that_is_no_certificate_is_replaced(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("nonsense")

    ensure(file, [])

    assert b"BEGIN CERTIFICATE" in file.read_bytes()

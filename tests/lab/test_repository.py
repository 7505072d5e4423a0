from pathlib import Path

import pytest

from tests.lab.repository import entry, fetched, plain

ENTRY = """\
Package: p
Version: 1:2-3
Filename: ./p_2-3_all.deb
Size: 3
SHA256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
"""


def test_a_package_is_listed_with_what_it_says_and_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "p_2-3_all.deb"
    file.write_bytes(b"abc")

    assert entry(file, "Package: p\nVersion: 1:2-3\n") == ENTRY


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p_1%3a2-3_all.deb", "p_2-3_all.deb"),
        ("p_2-3_all.deb", "p_2-3_all.deb"),
        ("python3.11_3.11.2-6+deb12u6_amd64.deb", "python3.11_3.11.2-6+deb12u6_amd64.deb"),
        ("p_12%3a2-3+b1_all.deb", "p_2-3+b1_all.deb"),
    ],
)
def test_a_file_s_name_has_nothing_that_an_address_would_quote(name: str, expected: str) -> None:
    assert plain(name) == expected


def test_only_lines_with_an_address_are_files_to_fetch() -> None:
    assert fetched("Reading...\n'http://m.test/a_1_all.deb' a_1_all.deb 9 SHA256:0\nInst b\n") == [
        "a_1_all.deb"
    ]

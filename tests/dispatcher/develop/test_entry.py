import tomllib
from pathlib import Path

import pytest

from dispatcher.develop.entry import EntryError, with_app

PATH = Path("site.toml")
VALUES = {"app": "apps.shop:create_app", "path": "/shop"}
TABLE = '[apps.shop]\napp = "apps.shop:create_app"\npath = "/shop"\n'


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("[apps.a]\napp = 'a:b'\n", "\n[servers.x]\nhost = 'x'\n"),
        (
            "[apps.a]\napp = 'a:b'  # why\n# more of it\n",
            "\n# Servers\n\n[servers.x]\nhost = 'x'\n",
        ),
        ("[apps.a]\napp = 'a:b'\n", "# about the servers\n[servers.x]\nhost = 'x'\n"),
        ("[pools.p]\n\n[apps.a]\napp = 'a:b'\n[apps.a.config]\nX = 1\n", ""),
        ("[apps.a]\ndomains = [\n  'a',\n]\n", "\n[apparel]\n"),
        ("[servers.x]\n[apps]\na.app = 'a:b'\n", ""),
        ("domain = 'x'\napps.a.app = 'a:b'\napps.a.path = '/'\nz = 1\n", ""),
        ("", ""),
    ],
    ids=["plain", "comments", "next", "sub", "lines", "dotted", "root", "empty"],
)
def test_the_table_goes_behind_the_others_and_no_byte_moves(before: str, behind: str) -> None:
    result = with_app(PATH, before + behind, "shop", VALUES)

    gap = "\n" if behind and not behind.startswith("\n") else ""
    assert result == f"{before}\n{TABLE}{gap}{behind}"
    assert tomllib.loads(result)["apps"]["shop"] == VALUES


def test_line_endings_stay_as_they_are() -> None:
    result = with_app(PATH, "[apps.a]\r\napp = 'a:b'\r\n", "shop", VALUES)
    assert result.count("\r\n") == result.count("\n") == 6


def test_a_last_line_without_an_end_gets_one() -> None:
    assert with_app(PATH, "[apps.a]\napp = 'a:b'", "shop", VALUES).startswith(
        "[apps.a]\napp = 'a:b'\n\n[apps.shop]"
    )


def test_what_a_person_writes_is_quoted() -> None:
    written = {"app": "a:b", "path": '/"\\x'}
    assert tomllib.loads(with_app(PATH, "", "shop", written))["apps"]["shop"] == written


def test_where_apps_are_no_tables_the_table_is_told() -> None:
    with pytest.raises(EntryError) as caught:
        with_app(PATH, "apps = { a = { app = 'a:b' } }\n", "shop", VALUES)
    assert str(caught.value).endswith(f"write this one yourself:\n\n{TABLE}")

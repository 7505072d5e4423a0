"""Whatever a site.toml is, its reader says what is wrong with it, and soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site_toml import load
from tests.dispatcher.registry.written import GOOD, Write, faults_of


def test_what_is_no_toml_is_refused_with_its_line(write: Write) -> None:
    assert faults_of(write('name = "yard"\ndomain = \n')) == [
        "line 2: is not TOML: Invalid value (at line 2, column 10)"
    ]


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="there is no such file"):
        load(tmp_path / "site.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(RegistryError, match="byte 8 is not UTF-8"):
        load(path)


@pytest.mark.parametrize("value", ["3", '"x"', "[]", "[1]"])
@pytest.mark.parametrize("key", ["apps", "pools", "servers", "environments", "apps.a"])
def test_a_table_that_is_no_table_is_a_fault_and_no_traceback(
    write: Write, key: str, value: str
) -> None:
    path = write(f'name = "y"\ndomain = "d.org"\n{key} = {value}\n')
    assert any("must be a table" in fault for fault in faults_of(path))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = " + "[" * 100_000, "has tables or lists too deep in others"),
        ("config.x = " + "[" * 900 + "]" * 900, "has tables or lists too deep in others"),
        ("config.x = " + "{a = " * 900 + "1" + "}" * 900, "has tables or lists too deep in others"),
        ("config" + ".a" * 20_000 + " = 1", "line 7: has over 100 names joined by dots"),
        ("config" + ' . "a"' * 20_000 + " = 1", "line 7: has over 100 names joined by dots"),
        ("[apps" + ".'a'" * 20_000 + "]", "line 7: has over 100 names joined by dots"),
        ("config.x = " + "9" * 5_000, "is not TOML: Exceeds the limit"),
        (
            "".join(f"[environments.e{number}]\n" for number in range(51)),
            "environments: has 51; at most 50 may be there",
        ),
    ],
    ids=["lists", "closed lists", "tables", "dots", "quoted", "header", "digits", "environments"],
)
def test_a_registry_that_is_out_to_keep_its_reader_busy_is_refused(
    write: Write, text: str, fault: str
) -> None:
    head = GOOD.partition("\n[apps.wiki]")[0]

    (found,) = faults_of(write(f"{head}{text}\n"))

    assert fault in found


def test_a_long_registry_takes_no_longer_than_its_length(write: Write) -> None:
    apps = "".join(f'[apps.a{n}]\napp = "a:b"\npath = "/{n}"\nenv.A = "1"\n' for n in range(3000))
    names = "".join(f'    "{number}",\n' for number in range(10_000))
    path = write(f"{GOOD}\n{apps}config.x = [\n{names}]\n")
    started = time.process_time()

    load(path)

    assert time.process_time() - started < 5, "of pairs or of lines before it, it takes minutes"

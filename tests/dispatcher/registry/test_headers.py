"""What site.toml says of headers: a set for each app, what differs, and what can be none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.headers import KEYS, MILD, NAMES, STRICT, fixed
from dispatcher.registry.schema import HeadersTable
from dispatcher.registry.site_toml import load

Read = Callable[..., dict[str, str]]

OURS = '[apps.wiki]\napp = "apps.wiki:make"\npath = "/wiki"\n'
THEIRS = '[apps.wiki]\napp = "wiki:make"\npath = "/wiki"\n'


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Give what reads a piece of site.toml and returns the headers of the app in it."""

    def read(more: str, environment: str = "") -> dict[str, str]:
        path = tmp_path / "site.toml"
        path.write_text(f'name = "yard"\ndomain = "example.org"\n{more}')
        return dict(load(path, environment).app("wiki").headers)

    return read


def test_an_app_written_here_is_strict_and_one_of_others_mild(read: Read) -> None:
    assert read(OURS) == STRICT
    assert read(THEIRS) == MILD


@pytest.mark.parametrize("app", [OURS, THEIRS])
def test_an_app_may_say_otherwise_and_so_may_the_site(read: Read, app: str) -> None:
    assert read(f'{app}headers.base = "mild"\n') == MILD
    assert read(f'[headers]\nbase = "strict"\n{app}') == STRICT
    assert read(f'[headers]\nbase = "strict"\n{app}headers.base = "none"\n') == {}


def test_what_an_app_says_goes_before_what_the_site_says_and_that_before_the_set(
    read: Read,
) -> None:
    site = '[headers]\nreferrer_policy = "no-referrer"\nx_robots_tag = "noindex"\n'

    found = read(
        f'{site}{THEIRS}headers.referrer_policy = "origin"\nheaders.x_frame_options = ""\n'
    )

    kept = {"Referrer-Policy": "origin", "X-Content-Type-Options": "nosniff"}
    assert found == {**kept, "X-Robots-Tag": "noindex"}


def test_an_environment_adds_its_own(read: Read) -> None:
    more = f'{OURS}[environments.staging]\nheaders.x_robots_tag = "noindex"\n'

    assert read(more, "staging") == {**STRICT, "X-Robots-Tag": "noindex"}
    assert read(more) == STRICT


def test_each_header_has_a_key_of_the_table() -> None:
    assert set(HeadersTable.model_fields) == {"base", *KEYS}
    assert {*STRICT, *MILD} <= set(NAMES)


def test_files_have_a_policy_without_what_is_fresh_in_each_answer() -> None:
    policy = fixed(tuple(STRICT.items()))["Content-Security-Policy"]

    assert "nonce" not in policy
    assert "script-src 'self'; style-src 'self'; " in policy


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('base = "odd"', "must be 'strict', 'mild' or 'none'"),
        ('referer_policy = "origin"', "did you mean 'referrer_policy'?"),
        ('referrer_policy = "a\\r\\nSet-Cookie: b"', "is no value of a header"),
        ('referrer_policy = "a\\nb"', "is no value of a header"),
        ('referrer_policy = "a\\u0000b"', "is no value of a header"),
        ('referrer_policy = "ä"', "is no value of a header"),
        ('referrer_policy = "$remote_addr"', "has '$', which nginx would read in its own way"),
        ("referrer_policy = 'a\\'", "has '\\\\', which nginx would read in its own way"),
        ('referrer_policy = "{nonce}"', "only a Content-Security-Policy knows"),
        ('content_security_policy = "{nonse}"', "has '{nonse}', which stands for nothing"),
        ('content_security_policy = "a { b"', "has '{ b', which stands for nothing"),
        ('content_security_policy = "a } b"', "has '}', which stands for nothing"),
        ('content_security_policy = "script-src {nonce}"', "where no nonce is"),
        (f'permissions_policy = "{"a" * 2001}"', "of up to 2,000"),
        ("referrer_policy = 3", "must be text, in quotes"),
        ('set_cookie = "a=b"', "is not a key of this table"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(read: Read, line: str, told: str) -> None:
    with pytest.raises(RegistryError) as caught:
        read(f"[headers]\n{line}\n{OURS}headers.{line}\n")

    said = str(caught.value)
    assert "2 faults" in said
    assert "line 4: headers." in said
    assert "line 8: apps.wiki.headers." in said
    assert said.count(told) == 2


def test_a_word_where_a_table_must_be_is_told_how_to_be_written(read: Read) -> None:
    with pytest.raises(RegistryError, match=r"must be a table; write headers.base = 'mild'"):
        read(f'{OURS}headers = "mild"\n')

"""What of an app one visitor may have, for all apps and for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.limits import USUAL, Limits
from dispatcher.registry.site_toml import load

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(more: str) -> Path:
        path = tmp_path / "site.toml"
        path.write_text(f'name = "yard"\ndomain = "example.org"\n{more}')
        return path

    return write


WIKI = '[apps.wiki]\napp = "a:b"\npath = "/wiki"\n'


def test_an_app_that_says_nothing_has_the_usual_limits(write: Write) -> None:
    assert load(write(WIKI)).app("wiki").limits == USUAL


def test_what_the_site_says_holds_for_all_apps_and_is_counted_together(write: Write) -> None:
    site = load(write(f"[limits]\nper_second = 5\n{WIKI}"))

    assert site.limits == site.app("wiki").limits == Limits(per_second=5)


def test_what_an_app_says_comes_before_that_and_is_counted_for_it_alone(write: Write) -> None:
    site = load(write(f"[limits]\nat_once = 7\n{WIKI}limits.per_second = 5\n"))

    assert site.app("wiki").limits == Limits(per_second=5, at_once=7, zone="wiki")
    assert site.limits == Limits(at_once=7)


def test_what_is_not_counted_needs_no_count_of_its_own(write: Write) -> None:
    assert load(write(f"{WIKI}limits.body_mb = 100\n")).app("wiki").limits == Limits(body_mb=100)


def test_an_environment_has_its_own(write: Write) -> None:
    path = write(f"{WIKI}[environments.staging]\nlimits.per_second = 3\n")

    assert load(path, "staging").app("wiki").limits.per_second == 3
    assert load(path).app("wiki").limits == USUAL


def test_how_long_headers_may_be_is_said_of_the_whole_site(write: Write) -> None:
    site = load(write(f"[limits]\nheader_kb = 16\n{WIKI}"))
    assert site.limits.header_kb == site.app("wiki").limits.header_kb == 16

    with pytest.raises(RegistryError) as caught:
        load(write(f"[limits]\nheader_kb = 65\n{WIKI}limits.header_kb = 16\nlimits.x = 1\n"))
    said = str(caught.value)
    assert "line 4: limits.header_kb = 65: must be less than or equal to 64" in said
    assert "apps.wiki.limits.header_kb = 16: is of the whole site" in said
    assert "write it in [limits]" in said
    assert "apps.wiki.limits.x = 1: is not a key of this table" in said


def test_what_is_no_limit_is_told_with_its_line(write: Write) -> None:
    with pytest.raises(RegistryError) as caught:
        load(write(f"[limits]\nbody_mb = 0\n{WIKI}limits.per_secnd = 5\nlimits.at_once = -1\n"))

    said = str(caught.value)
    assert "line 4: limits.body_mb = 0: must be greater than or equal to 1" in said
    assert "apps.wiki.limits.per_secnd = 5: is not a key of this table; did you mean" in said
    assert "apps.wiki.limits.at_once = -1" in said

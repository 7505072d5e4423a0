"""No registry gets a word of its own into what root reads: nginx's files, units, commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.protocol.words import Look
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site_toml import parsed

PLACES = {
    "site name": 'name = {"yard?"}\ndomain = "example.org"\n[apps.a]\napp = "a:b"\npath = "/"\n',
    "domain": 'name = "yard"\ndomain = {"e?xample.org"}\n[apps.a]\napp = "a:b"\npath = "/"\n',
    "path": 'name = "yard"\ndomain = "example.org"\n[apps.a]\napp = "a:b"\npath = {"/a?b"}\n',
    "subdomain": (
        'name = "yard"\ndomain = "example.org"\n[apps.a]\napp = "a:b"\nsubdomain = {"a?b"}\n'
    ),
    "domains": (
        'name = "yard"\ndomain = "example.org"\n[apps.a]\napp = "a:b"\ndomains = [{"a?b.net"}]\n'
    ),
    "pool": (
        'name = "yard"\ndomain = "example.org"\n[apps.a]\napp = "a:b"\npath = "/"\n'
        'pool = {"a?b"}\n[pools.{"a?b"}]\nworkers = 1\n'
    ),
    "app name": 'name = "yard"\ndomain = "example.org"\n[apps.{"a?b"}]\napp = "a:b"\npath = "/"\n',
}
MEANING_SOMETHING = (*" ;{}$\"'\\\n\r\t#%`|&<>()!@=,\0\x7f", "\u2028", "/../")


def crafted(place: str, character: str) -> str:
    before, *rest = PLACES[place].split('{"')
    for part in rest:
        value, _, after = part.partition('"}')
        before += json.dumps(value.replace("?", character)).replace("\x7f", "\\u007f") + after
    return before


@pytest.mark.parametrize("character", MEANING_SOMETHING, ids=ascii)
@pytest.mark.parametrize("place", PLACES)
def test_a_name_with_a_character_that_means_something_is_refused(
    place: str, character: str
) -> None:
    with pytest.raises(RegistryError):
        parsed(Path("site.toml"), crafted(place, character), "")


def test_the_same_registries_are_fine_without_it() -> None:
    for place in PLACES:
        assert parsed(Path("site.toml"), crafted(place, ""), "").name == "yard"


@pytest.mark.parametrize("character", MEANING_SOMETHING, ids=ascii)
def test_an_environment_is_asked_for_by_a_plain_name(character: str) -> None:
    with pytest.raises(ValidationError):
        Look(registry="", environment=f"staging{character}")

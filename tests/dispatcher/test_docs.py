"""What the pages below docs/ tell people to write can be written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dispatcher.registry.schema import AppTable
from dispatcher.registry.site_toml import load

DOCS = Path(__file__).parents[2] / "docs"


def blocks(kind: str) -> list[object]:
    """Return the blocks of that language, each named by its page and line."""
    return [
        pytest.param(found[1], id=f"{page.name} line {text.count(chr(10), 0, found.start()) + 1}")
        for page in sorted(DOCS.glob("*.md"))
        for text in [page.read_text()]
        for found in re.finditer(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


TOP = 'name = "yard"\ndomain = "example.org"\n'
OTHER = '[apps.some-other]\napp = "a:b"\npath = "/some-other"\nsubdomain = "other"\n'


@pytest.mark.parametrize("block", blocks("toml"))
def test_each_piece_of_site_toml_is_right(block: str, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(f"{TOP}{block}{OTHER}")
    assert load(tmp_path / "site.toml")


@pytest.mark.parametrize("block", blocks("python"))
def test_each_piece_of_python_can_be_compiled(block: str) -> None:
    compile(block, "docs", "exec")


def test_each_key_of_an_app_is_told_of() -> None:
    pages = "".join(page.read_text() for page in [*DOCS.glob("*.md"), DOCS.parent / "README.md"])
    told = set(re.findall(r"^(\w+)|`(\w+)", pages, re.MULTILINE))
    assert set(AppTable.model_fields) - {word for pair in told for word in pair} == set()

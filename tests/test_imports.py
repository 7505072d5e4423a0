"""Imports point one way: fabfile -> deploy -> dispatcher.site; apps know nothing of either."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"apps", "bench", "deploy", "dispatcher", "fabfile", "tests"}

VALUES = {
    "address",
    "assembly",
    "faults",
    "given",
    "keys",
    "hosts",
    "overlay",
    "placeholders",
    "registry",
    "schema",
    "site",
    "tenancy",
    "toml_lines",
    "users",
}
"""The part of the dispatcher that is about site.toml alone, without a web framework."""

FRAMEWORKS = {"flask", "gevent", "gunicorn", "jinja2", "werkzeug"}


def files(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of every module a file imports, anywhere in it."""
    package = list(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            # The name may be a module of a package, so both are looked at.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[tuple[str, ...]]:
    return {tuple(n.split(".")) for n in imported(path) if n.split(".")[0] in OURS}


@pytest.mark.parametrize("path", files("dispatcher"), ids=ids)
def test_the_dispatcher_knows_no_app_and_nothing_of_deployment(path: Path) -> None:
    assert {name[0] for name in ours(path)} <= {"dispatcher"}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_site_is_read_without_any_web_framework(name: str) -> None:
    path = ROOT / "dispatcher" / f"{name}.py"
    assert {one.split(".")[0] for one in imported(path)} & FRAMEWORKS == set()
    assert {one[1] for one in ours(path)} <= VALUES


@pytest.mark.parametrize("path", files("deploy"), ids=ids)
def test_the_deployment_knows_of_the_dispatcher_what_a_site_is_and_no_more(path: Path) -> None:
    names = ours(path)
    assert {name[0] for name in names} <= {"deploy", "dispatcher"}
    assert {name[1] for name in names if name[0] == "dispatcher"} <= VALUES


def test_the_fabfile_calls_the_deployment_alone() -> None:
    path = ROOT / "fabfile.py"
    names = ours(path) if path.exists() else set()
    assert {name[0] for name in names} <= {"deploy", "dispatcher"}
    assert {name[1] for name in names if name[0] == "dispatcher"} <= VALUES


@pytest.mark.parametrize("path", files("apps"), ids=ids)
def test_an_app_knows_itself_the_shared_look_and_links_to_others_alone(path: Path) -> None:
    own = path.relative_to(ROOT).parts[1]
    known = {("apps", own), ("apps", "look"), ("dispatcher", "links")}
    assert {name[:2] for name in ours(path)} <= known


@pytest.mark.parametrize(
    "path", [path for folder in ("apps", "deploy", "dispatcher") for path in files(folder)], ids=ids
)
def test_a_file_says_first_which_question_it_answers(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    first = text.partition("\n\n")[0].strip()
    assert first.endswith((".", "?")), f"{ids(path)} begins with {first!r}"

"""Imports point one way: fabfile -> deploy -> dispatcher.registry; apps know nothing of either."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"apps", "bench", "deploy", "dispatcher", "fabfile", "tests"}

VALUES = {"errors", "keys", "registry"}
"""The part of the dispatcher that is about site.toml alone, without a web framework."""

MAP = (ROOT / "docs" / "code.md").read_text("utf-8")
ORDERS = {
    whole: re.findall(rf"^\| `{whole}/(\w+)(?:/|\.py)` \|", MAP, re.MULTILINE)
    for whole in ("dispatcher", "deploy")
}
"""The parts of each, as the map of the code has them."""

FRAMEWORKS = {"flask", "gevent", "gunicorn", "jinja2", "werkzeug"}


def files(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def of_values(path: Path) -> bool:
    return path.relative_to(ROOT).with_suffix("").parts[1] in VALUES | {"__init__"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imported(path: Path, *, types: bool = True) -> frozenset[str]:
    """Return the dotted name of every module a file imports, anywhere in it.

    Without ``types``, only what it imports when it runs.
    """
    package = list(path.relative_to(ROOT).parts[:-1])
    tree = tree_of(path)
    blocks = [one for one in ast.walk(tree) if isinstance(one, ast.If)]
    for_types = [one for one in blocks if ast.unparse(one.test) == "TYPE_CHECKING"]
    left_out = set() if types else {node for one in for_types for node in ast.walk(one)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            # The name may be a module of a package, so both are looked at.
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(names)


def ours(path: Path, *, types: bool = True) -> set[tuple[str, ...]]:
    return {tuple(n.split(".")) for n in imported(path, types=types) if n.split(".")[0] in OURS}


@pytest.mark.parametrize("path", files("dispatcher"), ids=ids)
def test_the_dispatcher_knows_no_app_and_nothing_of_deployment(path: Path) -> None:
    assert {name[0] for name in ours(path)} <= {"dispatcher"}


@pytest.mark.parametrize("path", [*files("dispatcher"), *files("deploy")], ids=ids)
def test_each_part_imports_those_above_it_on_the_map_alone(path: Path) -> None:
    whole, part, *_ = path.relative_to(ROOT).with_suffix("").parts
    if part == "__main__":
        part = "cli"
    order = ORDERS[whole]
    above = order[: order.index(part)] if part != "__init__" else []

    used = {name[1] for name in ours(path, types=False) if name[0] == whole}

    assert used - {part} <= set(above)


def test_a_package_is_imported_for_nothing_but_what_is_asked_of_it() -> None:
    packages = [path for path in files("dispatcher") if path.name == "__init__.py"]
    (told,) = [path for path in packages if ours(path)]
    assert ids(told) == "dispatcher/links/__init__.py", "which apps import by that name"


@pytest.mark.parametrize("path", [path for path in files("dispatcher") if of_values(path)], ids=ids)
def test_a_site_is_read_without_any_web_framework(path: Path) -> None:
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
def test_an_app_knows_itself_the_shared_look_and_what_there_is_for_apps_alone(
    path: Path,
) -> None:
    own = path.relative_to(ROOT).parts[1]
    of_dispatcher = {("dispatcher", "downloads"), ("dispatcher", "links")}
    known = {("apps", own), ("apps", "look"), *of_dispatcher}
    assert {name[:2] for name in ours(path)} <= known


@pytest.mark.parametrize(
    "path", [path for folder in ("apps", "deploy", "dispatcher") for path in files(folder)], ids=ids
)
def test_a_file_says_first_which_question_it_answers(path: Path) -> None:
    text = ast.get_docstring(tree_of(path)) or ""
    first = text.partition("\n\n")[0].strip()
    assert first.endswith((".", "?")), f"{ids(path)} begins with {first!r}"


@pytest.mark.parametrize("whole", ORDERS)
def test_the_map_of_the_code_has_each_part(whole: str) -> None:
    found = (ROOT / whole).glob("[a-z]*")
    parts = {path.stem for path in found if path.suffix in ("", ".py")} - {"units"}
    assert sorted(ORDERS[whole]) == sorted(parts)


def test_what_the_map_of_the_code_leads_to_is_there() -> None:
    named = re.findall(r"\b(?:apps|deploy|dispatcher|nginx|tests)/[\w./]*", MAP)
    assert [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []

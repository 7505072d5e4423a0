"""`dispatcher new` as a developer uses it: what it makes runs, and is right, at once."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.served import ROOT, command, environment, served, until

NAMES = ("archive", "gear", "members", "tool-shop")


def run(folder: Path, *words: str) -> str:
    """Run a command in ``folder``; fail with all it says unless it succeeds."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={**environment(), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Return a folder with nothing but a registry."""
    (tmp_path / "site.toml").write_text('name = "yard"\ndomain = "example.org"\n')
    return tmp_path


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    """Return a copy of this site."""
    shutil.copytree(ROOT / "apps", tmp_path / "apps")
    shutil.copytree(ROOT / "tests" / "apps", tmp_path / "tests" / "apps")
    for name in ("site.toml", "pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "dispatcher").symlink_to(ROOT / "dispatcher")  # mypy finds it nowhere else
    return tmp_path


def test_new_apps_pass_their_tests_and_every_check(yard: Path) -> None:
    for name in NAMES:
        told = run(yard, *command("new", name))
    assert "http://localhost:8000/tool-shop/" in told
    own = [f"{top}/{name.replace('-', '_')}" for name in NAMES for top in ("apps", "tests/apps")]

    run(yard, sys.executable, "-m", "ruff", "check", *own)
    run(yard, sys.executable, "-m", "ruff", "format", "--check", *own)
    passed = run(yard, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *own[1::2])
    assert "20 passed" in passed
    cache = f"--cache-dir={ROOT / '.mypy_cache'}"
    run(yard, sys.executable, "-m", "mypy", "--strict", cache, *own[-2:])


def test_beside_nothing_a_new_app_is_whole_too(plain: Path) -> None:
    run(plain, *command("new", "shop", "--subdomain", "shop"))

    run(plain, sys.executable, "-m", "ruff", "check", "--select", "E,F,I", ".")
    assert "5 passed" in run(plain, sys.executable, "-m", "pytest", "-q", "tests/apps/shop")
    with served(plain) as site:
        assert "<h1>Shop</h1>" in site.get("/", "shop.localhost").text


def test_a_plan_shows_what_would_be_written_and_writes_nothing(plain: Path) -> None:
    before = sorted(plain.rglob("*"))
    told = run(plain, *command("new", "shop", "--plan"))
    assert "  apps/shop/pages.py\n" in told
    assert "  site.toml: [apps.shop]\n" in told
    assert sorted(plain.rglob("*")) == before


def test_of_six_apps_a_new_one_is_served_and_an_edit_of_the_oldest_in_under_a_second(
    yard: Path,
) -> None:
    for name in NAMES[:3]:
        run(yard, *command("new", name))
    with served(yard) as site:
        assert site.get("/watch/").status == 200
        assert site.get("/tool-shop/").status == 404

        run(yard, *command("new", NAMES[3]))
        site.shows("<h1>Tool shop</h1>", "/tool-shop/")

        seconds = []
        for number in range(5):
            error = yard / "apps" / "portal" / "pages.py"
            text = error.read_text()
            before = time.monotonic()
            error.write_text(
                f'{text}\n\n@bp.get("/edit{number}")\ndef edit{number}() -> str:\n'
                f'    return "edit {number}"\n'
            )
            until("the edit", lambda: site.get(f"/edit{number}").status == 200)  # noqa: B023
            seconds.append(time.monotonic() - before)
        assert statistics.median(seconds) < 1

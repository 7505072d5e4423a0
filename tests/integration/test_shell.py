"""One app in a shell: as the site has it, and as Flask alone has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.served import ROOT, command, environment

SITE = """\
name = "yard"
domain = "example.org"

[apps.wiki]
app = "wiki:create_app"
path = "/wiki"
config.COLOUR = "red"
env.WIKI_HOME = "the attic"

[apps.plain]
app = "wiki:plain"
subdomain = "plain"

[apps.archive]
app = "wiki:create_app"
tenants = "*.archive"

[apps.broken]
app = "wiki:broken"
path = "/broken"
"""

WIKI = """\
import os
from flask import Flask

def create_app(tenant="nobody"):
    app = Flask(__name__)
    app.config["HOME"] = os.environ.get("WIKI_HOME")
    app.config["TENANT"] = tenant
    app.add_url_rule("/page/<int:id>", "page")
    app.shell_context_processor(lambda: {"answer": 42})
    return app

def tenant_exists(tenant):
    return {"choir": True, "stranger": False}[tenant]

def plain(environ, start_response):
    ...

def broken():
    raise RuntimeError("no disk")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "wiki.py").write_text(WIKI)
    return tmp_path


def shell(folder: Path, *words: str, says: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("shell", *words),
        cwd=folder,
        env=environment(),
        input=says,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_flask_app_is_at_hand_as_the_site_has_it(folder: Path) -> None:
    done = shell(
        folder,
        "wiki",
        says="from flask import url_for\n"
        "print(app.config['COLOUR'], app.config['HOME'], answer)\n"
        "print(url_for('page', id=3), url_for('page', id=3, _external=True))\n"
        "print(len(app.secret_key) > 20, site_url('plain'))\n",
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.replace(">>> ", "").split("\n")
    assert told[:3] == [
        "red the attic 42",
        "/wiki/page/3 http://localhost:8000/wiki/page/3",
        "True http://plain.localhost:8000/",
    ]
    assert "app is wiki:create_app as at http://localhost:8000/wiki/" in done.stderr


def test_the_instance_of_a_tenant_is_at_hand(folder: Path) -> None:
    done = shell(folder, "archive", "--tenant", "choir", says="print(app.config['TENANT'])\n")
    assert "choir\n" in done.stdout, done.stderr
    assert "as at http://choir.archive.localhost:8000/" in done.stderr


def test_an_app_that_is_not_flasks_is_at_hand_too(folder: Path) -> None:
    assert "function plain" in shell(folder, "plain", says="print(app)\n").stdout


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["wikki"], 2, "there is no app 'wikki'; there are wiki, plain, archive, broken"),
        (["wiki", "--tenant", "choir"], 2, "wiki has no tenants"),
        (
            ["archive"],
            1,
            "archive: wiki:create_app cannot be loaded: it has tenants alone; say which",
        ),
        (
            ["archive", "--tenant", "stranger"],
            1,
            "tenant_exists says that there is no tenant 'stranger'",
        ),
        (
            ["archive", "--tenant", "x"],
            1,
            "archive: wiki:create_app cannot be loaded: KeyError: 'x'",
        ),
        (["broken"], 1, "Error: broken: wiki:broken cannot be loaded: RuntimeError: no disk"),
    ],
)
def test_a_mistake_ends_in_a_message(
    folder: Path, words: list[str], status: int, message: str
) -> None:
    done = shell(folder, *words)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_on_a_server_it_is_as_the_pool_has_it(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dispatcher.jobs.shell", "archive", "choir"],
        cwd=folder,
        env={**environment(), "DISPATCHER_SITE": "site.toml", "STATE_DIRECTORY": str(folder)},
        input="from flask import url_for\n"
        "print(app.config['TENANT'], url_for('page', id=3, _external=True))\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "choir https://choir.archive.example.org/page/3\n" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("app", "words", "told"),
    [
        ("apps.portal", ["routes"], "pages.news_list"),
        ("apps.portal", ["init-db"], "portal.sqlite3"),
        ("apps.watch", ["routes"], "/api"),
    ],
)
def test_flasks_own_command_works_for_each_app(
    tmp_path: Path, app: str, words: list[str], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", app, *words],
        cwd=ROOT,
        env={**environment(), "STATE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert told in done.stdout

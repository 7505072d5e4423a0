"""The site of foreign apps, served once for all tests by real gunicorn."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.foreign.visitor import visitor
from tests.integration.served import ROOT, Served, environment, served

PYTHON = ROOT / ".venv-foreign" / "bin" / "python"
BY_PATH = {"packages": "packages-of-ours"}


def run(folder: Path, *words: str, **variables: str) -> str:
    """Run a program of the apps' environment in ``folder``, among the site's state."""
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        words,
        cwd=folder,
        env={**environment(), "PATH": path, "PYTHONPATH": f"{ROOT}:{folder}", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def environment_of_apps() -> None:
    """Make it, or bring it up to date."""
    subprocess.run([ROOT / "bin" / "environment", "foreign"], check=True, capture_output=True)


@pytest.fixture(scope="session")
def folder(environment_of_apps: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site's folder, with some content in each app."""
    folder = tmp_path_factory.mktemp("foreign")
    shutil.copytree(Path(__file__).with_name("site"), folder, dirs_exist_ok=True)
    blog = {
        "DJANGO_SETTINGS_MODULE": "blog.settings",
        "BLOG_STATE": str(folder / "instance" / "django"),
        "BLOG_SECRET": "for its commands alone",
        "DJANGO_SUPERUSER_PASSWORD": "secret",
    }
    for name in ("django", "packages", "dav", "calendars"):
        (folder / "instance" / name).mkdir(mode=0o700, parents=True)
    run(folder, "django-admin", "migrate", "-v0", **blog)
    admin = ("--noinput", "--username", "ada", "--email", "ada@example.org")
    run(folder, "django-admin", "createsuperuser", *admin, **blog)
    run(folder, "trac-admin", "trac", "initenv", "Ours", "sqlite:db/trac.db")
    plain, hg = folder / "repositories" / "plain", folder / "repositories" / "hg"
    plain.mkdir(parents=True)
    (plain / "README.md").write_text("# Hello\n")
    run(plain, "git", "init", "-q")
    run(plain, "git", "add", ".")
    run(plain, "git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "First")
    run(folder, "hg", "init", str(hg))
    (hg / "hello.txt").write_text("hello\n")
    run(hg, "hg", "commit", "-q", "-A", "-u", "ada", "-m", "First")
    return folder


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[Served]:
    with served(folder, "--server", "gunicorn", python=str(PYTHON)) as site:
        yield site


@pytest.fixture(params=["by path", "by name", "by domain"])
def mount(request: pytest.FixtureRequest, site: Served) -> str:
    """Return where the app that the test module or function names is, in each way."""
    name = request.node.get_closest_marker("of").args[0]
    if request.param == "by domain":
        return f"http://{name}.example.net.localhost:{site.port}"
    if request.param == "by name":
        return f"http://{name}.localhost:{site.port}"
    return f"http://localhost:{site.port}/{BY_PATH.get(name, name)}"


@pytest.fixture
def client(mount: str) -> Iterator[httpx.Client]:
    with visitor(mount) as client:
        yield client

"""The README, followed to the letter on a new server."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import pebble
from tests.deployment.pebble import get_securely
from tests.deployment.project import DOMAIN, ROOT, Project
from tests.deployment.test_first_evening import get
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

README = (ROOT / "README.md").read_text()
ELSEWHERE = {
    "git clone <this repository> yard && cd yard": "tests/integration/test_bin_run.py",
    "bin/run": "tests/integration/test_bin_run.py",
    "bin/test": "what runs this test",
    "bin/test -q": "a part of bin/test",
}
SHOP = """\
from flask import Flask, url_for


def create_app() -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def index() -> str:
        return f"the shop is at {url_for('index')}"

    return app
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = "".join(blocks("sh")).splitlines()
    return [command for line in lines if (command := re.sub(r"\s+# .*", "", line).strip())]


def test_every_command_is_tried() -> None:
    assert set(ELSEWHERE) < set(commands())
    assert any(command.startswith("fab deploy") for command in commands())


def test_the_readme_takes_two_screens_at_most() -> None:
    assert len(README.splitlines()) <= 100


def test_who_follows_the_readme_has_a_new_app_on_a_new_server(
    lab: Lab, bare: Host, project: Project, tmp_path: Path
) -> None:
    app, server = blocks("toml")
    (project.folder / "apps" / "shop").mkdir()
    (project.folder / "apps" / "shop" / "__init__.py").write_text(SHOP)
    site = project.folder / "site.toml"
    text = site.read_text().split("[servers")[0] + app
    server = server.replace("deploy@web1.example.org", f"deploy@{bare.name}")
    # No authority can be asked from here but one of our own.
    server += f'directory = "{pebble.DIRECTORY}"\n'
    names = (DOMAIN, f"watch.{DOMAIN}", f"shop.{DOMAIN}", "shop.example.net")
    pebble.install(lab, bare, *names)
    site.write_text(text + server)
    unpinned = tmp_path / "ssh_config"  # nobody has seen this server's key yet
    known = lab.ssh_config.parent / "known_hosts"
    unpinned.write_text(lab.ssh_config.read_text().replace(str(known), str(tmp_path / "none")))
    project.ssh_config = unpinned

    for command in commands():
        if command not in ELSEWHERE:
            follow(project, command)
        if command == "fab deploy":
            trusting = pebble.trusting(lab, bare)
            shop = (200, "the shop is at /")
            assert get_securely(bare, DOMAIN, "/shop/", trusting) == (200, f"{shop[1]}shop/")
            assert get_securely(bare, f"shop.{DOMAIN}", "/", trusting) == shop
            assert get_securely(bare, "shop.example.net", "/", trusting) == shop
            assert get(bare.ip, DOMAIN, "/shop/")[0] == 308
            project.commit("another release, to roll back from")
            project.fab("deploy")


def follow(project: Project, command: str) -> None:
    """Do what the README says, in a shell, answering yes; fail unless it succeeds."""
    if "--to ID" in command:
        oldest = project.told("releases")[-1]["release"]
        project.fab("deploy")
        command = command.replace("ID", oldest)
    tools = Path(sys.executable).parent
    words = re.sub(r"^fab ", f"fab -S {shlex.quote(str(project.ssh_config))} ", command)
    done = subprocess.run(
        ("sh", "-ec", words),
        cwd=project.folder,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"

"""Links between apps of different pools, under the real gunicorn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.served import ROOT, Served, environment, free_port, listens, until

SITE = """\
name = "yard"
domain = "example.org"
[apps.portal]
app = "portal:create_app"
path = "/"
[apps.members]
app = "members:create_app"
subdomain = "members"
pool = "people"
[pools.default]
workers = 1
worker_class = "KIND"
[pools.people]
"""

PORTAL = """\
import sys
from flask import Flask, render_template_string
from dispatcher.links import site_url
def create_app():
    app = Flask(__name__)
    @app.get("/")
    def home():
        link = render_template_string("{{ site_url('members', 'profile', id=3) }}")
        return f"{link} {'members' in sys.modules}"
    @app.get("/broken")
    def broken():
        return site_url("members", "profle", id=3)
    return app
"""

MEMBERS = """\
from flask import Flask
def create_app():
    app = Flask(__name__)
    app.add_url_rule("/people/<int:id>", "profile", str)
    return app
"""


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_a_link_into_another_pool_is_right_and_its_app_stays_out_of_this_one(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "site.toml").write_text(SITE.replace("KIND", kind))
    (tmp_path / "portal.py").write_text(PORTAL)
    (tmp_path / "members.py").write_text(MEMBERS)
    port, log = free_port(), tmp_path / "log"
    words = ["-m", "gunicorn", "--config", "python:dispatcher.gunicorn", "--bind"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *words, f"127.0.0.1:{port}"],
            cwd=tmp_path,
            env={
                **environment(),
                "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path))),
                "DISPATCHER_POOL": "default",
                "DISPATCHER_PROXIES": "1",
            },
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        site = Served(process, port, "127.0.0.1", log)
        until("it listens", lambda: process.poll() is not None or listens("127.0.0.1", port))
        for _ in range(2):
            answer = site.get("/", "example.org", X_Forwarded_Proto="https")
            link = f"https://members.example.org:{port}/people/3"
            assert answer.text == f"{link} False", site.told
        assert site.get("/broken", "example.org").status == 500
        until("the log says why", lambda: "did you mean 'profile'?" in site.told)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

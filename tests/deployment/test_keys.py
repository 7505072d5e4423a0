"""Sessions outlive releases and rotations, and the keys behind them stay root's."""

from __future__ import annotations

import http.client

import pytest

from tests.deployment.project import DOMAIN, Project
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

COUNTER = '''\
"""Counts a person's visits, in the session."""

from flask import Flask, session


def create_app() -> Flask:
    """Make the app. It names no secret."""
    app = Flask(__name__)

    @app.route("/")
    def count() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    return app
'''


class Visitor:
    """A person with a browser that keeps one cookie."""

    def __init__(self, host: Host) -> None:
        self.address, self.cookie = host.ip, ""

    def visit(self) -> str:
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            headers = {"Host": DOMAIN, "Cookie": self.cookie}
            connection.request("GET", "/counter/", headers=headers)
            answer = connection.getresponse()
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
            return answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def visitor(host: Host, project: Project) -> Visitor:
    """Give somebody who has visited an app in a pool of its own once."""
    (project.folder / "apps" / "counter.py").write_text(COUNTER)
    site = project.folder / "site.toml"
    app = 'app = "apps.counter:create_app"\npath = "/counter"\npool = "counter"'
    site.write_text(f"{site.read_text()}\n[apps.counter]\n{app}\n[pools.counter]\n")
    project.commit("count")
    project.fab("deploy")
    visitor = Visitor(host)
    assert visitor.visit() == "1"
    return visitor


def test_a_session_goes_on_in_the_next_release_and_after_a_rotation(
    visitor: Visitor, project: Project
) -> None:
    assert visitor.cookie.startswith("counter~session=")

    project.version("two")
    project.fab("deploy")
    assert visitor.visit() == "2"

    project.fab("secrets-rotate")
    assert visitor.visit() == "3"
    project.version("three")
    project.fab("deploy")
    assert visitor.visit() == "4"
    assert "nothing to do" in project.fab("bootstrap").err


def test_keys_are_root_s_and_a_pool_knows_its_own_and_nothing_shows_them(
    lab: Lab, host: Host, visitor: Visitor, project: Project
) -> None:
    find = ("find", "/etc/flaskyard/yard", "-printf", "%P %u %m\\n")

    assert sorted(lab.run(host, *find).stdout.split("\n"))[1:] == [
        " root 700",
        "keys root 600",
        "pools root 700",
        "pools/counter root 600",
        "pools/default root 600",
        "releases root 700",
    ]
    (master,) = keys_in(lab, host, "keys")
    (counter,) = keys_in(lab, host, "pools/counter")
    (default,) = keys_in(lab, host, "pools/default")
    assert len({master, counter, default}) == 3
    seen = "cat /run/credentials/yard-*/keys /etc/flaskyard/yard/keys 2>/dev/null; true"
    by_pool = lab.run(host, "runuser", "-u", "yard-counter", "--", "sh", "-c", seen).stdout
    assert by_pool.split()[1] == counter
    assert master not in by_pool
    assert default not in by_pool

    told = project.fab("bootstrap", "--plan").err + project.fab("secrets-rotate", "--plan").err
    told += project.fab("secrets-rotate").err
    places = (
        "cat /proc/*/cmdline /proc/*/environ 2>/dev/null;"
        "journalctl --quiet --output cat; systemctl show 'yard-*' ;"
        "grep -raI '' /srv/yard/releases/*/site.toml /var/log /var/lib/yard /tmp 2>/dev/null; true"
    )

    there = f"{{ {places}; }} | tr '\\0' '\\n' | iconv -c -t ascii"
    seen = told + lab.run(host, "sh", "-c", there).stdout

    for path in ("keys", "pools/counter", "pools/default"):
        for key in keys_in(lab, host, path):
            assert key not in seen
    assert "write /etc/flaskyard/yard/keys" in told


def keys_in(lab: Lab, host: Host, path: str) -> list[str]:
    """Return the keys of a file, the newest first."""
    text = lab.run(host, "cat", f"/etc/flaskyard/yard/{path}").stdout
    return [line.split()[1] for line in text.splitlines()]

"""Apps and balancers move, come and go, and visitors of the others never notice."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_first_evening import get
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def test_an_app_can_come_and_go(host: Host, project: Project) -> None:
    with (project.folder / "site.toml").open("a") as site:
        site.write('\n[apps.more]\napp = "apps.marker:application"\nsubdomain = "more"\n')
    project.version("two")

    with traffic(host.ip, keep_alive=False) as seen:
        assert get(host.ip, f"more.{DOMAIN}", "/")[0] == 421
        project.fab("deploy")
        assert get(host.ip, f"more.{DOMAIN}", "/") == (200, "two 0")
        project.fab("rollback")
        assert get(host.ip, f"more.{DOMAIN}", "/")[0] == 421

    assert seen.failures == []
    assert seen.switches() == [["one", "two", "one"]] * 4


def test_an_app_can_move_to_a_pool_of_its_own(lab: Lab, host: Host, project: Project) -> None:
    project.edit("site.toml", 'path = "/marker"\n', 'path = "/marker"\npool = "aside"\n')
    project.edit("site.toml", "[servers.h1]", "[pools.aside]\nworkers = 1\n\n[servers.h1]")
    project.version("two")

    with traffic(host.ip, keep_alive=False) as seen:
        project.fab("deploy")
        users = lab.run(
            host, "sh", "-c", "ps -o user:20= -C python | sort -u | grep ^yard"
        ).stdout.split()
        project.fab("rollback")

    assert users == ["yard-aside", "yard-default"]
    assert seen.failures == []
    # While nginx reloads, its old workers still lead to the old release, the new to the new.
    assert {versions[0] for versions in seen.switches()} == {"one"}
    assert {versions[-1] for versions in seen.switches()} == {"one"}
    assert set(seen.seen) == {"one", "two"}


TOLD = '''\
"""Says what it knows of its visitor."""

import json


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    known = ("REMOTE_ADDR", "wsgi.url_scheme", "site.network")
    return [json.dumps({name: environ.get(name) for name in known}).encode()]
'''
FRONT = """
[tls]
elsewhere = true

[nginx]
trusted_proxies = ["{balancer}"]
proxy_protocol = true
variables.network = {{ geo = {{ "203.0.113.0/24" = "office", default = "world" }} }}

[apps.told]
app = "apps.told:application"
path = "/told"
"""


def said(host: Host, first: str) -> bytes:
    """Ask the app after a first line; return what comes until the server closes."""
    request = f"{first}GET /told/ HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host.ip, 80), 20) as connection:
        connection.sendall(request.encode())
        try:
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            return b""


def told(answer: bytes) -> Any:
    return json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])


def test_a_balancer_may_come_and_go_in_front_of_a_server(
    lab: Lab, host: Host, project: Project
) -> None:
    with socket.create_connection((host.ip, 80), 20) as connection:
        here = connection.getsockname()[0]
    (project.folder / "apps" / "told.py").write_text(TOLD)
    with (project.folder / "site.toml").open("a") as site:
        site.write(FRONT.format(balancer=here))
    project.version("two")

    project.fab("deploy")  # which asks through nginx, without a balancer

    first = f"PROXY TCP4 203.0.113.9 {host.ip} 4711 443\r\n"
    assert told(said(host, first)) == {
        "REMOTE_ADDR": "203.0.113.9",
        "wsgi.url_scheme": "https",
        "site.network": "office",
    }
    assert said(host, "") == b""
    assert "203.0.113.9 - - [" in lab.run(host, "cat", "/var/log/nginx/access.log").stdout
    assert project.fab("status").code == 0

    project.fab("rollback")
    assert get(host.ip, DOMAIN, "/marker/") == (200, "one 0")
    project.fab("deploy")
    assert told(said(host, first))["REMOTE_ADDR"] == "203.0.113.9"

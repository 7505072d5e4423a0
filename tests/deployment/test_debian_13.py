"""Debian 13 runs the site as Debian 12 does, with what its nginx, OpenSSL and systemd can."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.certify.made import made
from tests.deployment import pebble
from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_static import MARKED
from tests.deployment.test_tls import There
from tests.integration.served import until
from tests.lab import needs, slots
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.telling import tell

pytestmark = pytest.mark.lab

ASKED = f'[tls]\nemail = "ada@{DOMAIN}"\ndirectory = "{pebble.DIRECTORY}"\n\n'
TLS = """
[tls.certificates."{0}"]
certificate = "/etc/ssl/own.pem"
key = "/etc/ssl/private/own.key"
[tls.certificates."*.{0}"]
certificate = "/etc/ssl/own.pem"
key = "/etc/ssl/private/own.key"
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Give a lab whose hosts run Debian 13."""
    if missing := needs.missing():
        pytest.skip(missing)
    with slots.free_lab(tell, environ={**os.environ, "LAB_SUITE": "trixie"}) as own:
        own.build()
        yield own


@pytest.fixture
def project(lab: Lab, bare: Host, project: Project) -> Project:
    """Give a project with https, and its certificates to the host."""
    site = project.folder / "site.toml"
    site.write_text(site.read_text() + TLS.format(DOMAIN))
    project.commit("have https")
    certificate, key = made(DOMAIN, f"*.{DOMAIN}")
    lab.run(bare, "tee", "/etc/ssl/own.pem", feed=certificate.decode())
    lab.run(bare, "tee", "/etc/ssl/private/own.key", feed=key.decode())
    return project


def test_it_is_made_ready_deployed_to_and_rolled_back(
    lab: Lab, bare: Host, project: Project
) -> None:
    def sh(script: str) -> str:
        return lab.run(bare, "sh", "-c", script).stdout

    project.fab("bootstrap")
    first = project.head()
    project.fab("deploy")
    curl = f"curl -sSk --resolve {DOMAIN}:443:127.0.0.1 https://{DOMAIN}"
    page = sh(f"{curl}/marker/ -w ' %{{http_version}} %{{http_code}}'")
    plain = sh(f"curl -sS -o /dev/null -w '%{{http_code}}' -H 'Host: {DOMAIN}' http://127.0.0.1/")
    style = MARKED.findall(sh(f"{curl}/"))[0]
    kept = sh(f"{curl}{style} -o /dev/null -w '%{{http_code}} %header{{cache-control}}'")
    spoken = sh(f"openssl s_client -connect 127.0.0.1:443 -servername {DOMAIN} < /dev/null 2>&1")
    project.version("two")
    project.fab("deploy")
    second = sh(f"{curl}/marker/")
    project.fab("rollback")

    assert page == "one 0 2 200"
    assert plain == "308"
    assert kept == "200 public, max-age=31536000, immutable"
    assert "Negotiated TLS1.3 group: X25519MLKEM768" in spoken
    assert second == "two 0"
    assert (sh(f"{curl}/marker/"), project.live()) == ("one 0", [first])
    assert "warn" not in lab.run(bare, "nginx", "-t").stderr
    assert "\nhttp2 on;\n" in sh("cat /etc/nginx/flaskyard/https.conf")
    listed = json.loads(sh("systemd-analyze security --no-pager --json=short"))
    exposed = {row["unit"]: float(row["exposure"]) for row in listed}
    most = {"nginx.": 3.0, "yard-default@": 1.0, "flaskyard-agent@": 3.0}
    for unit, least in most.items():
        assert all(n <= least for name, n in exposed.items() if name.startswith(unit)), exposed
    assert sh("systemctl list-units --failed --plain --no-legend") == ""
    doctor = json.loads(project.try_fab("doctor", "--json").out)[0]
    assert [one for one in doctor["findings"] if one["level"] == "wrong"] == []

    balancer = f"{lab.settings.net}.1"
    site = project.folder / "site.toml"
    nginx = f'\n[nginx]\ntrusted_proxies = ["{balancer}"]\nproxy_protocol = true\n'
    site.write_text(site.read_text() + nginx)
    project.commit("have a balancer in front")
    project.fab("deploy")

    assert {balanced(bare, f"{name}{DOMAIN}") for name in ("", "watch.")} == {b"HTTP/1.1 200 OK"}
    log = "tail -n 2 /var/log/nginx/access.log"
    until("both are in the log", lambda: sh(log).count("203.0.113.9 - ") == 2)
    assert "warn" not in lab.run(bare, "nginx", "-t").stderr


def test_two_edges_have_certificates_of_their_own_and_answer_an_authority_for_each_other(
    lab: Lab, tmp_path: Path
) -> None:
    one, two, web = hosts = lab.up(3)
    project = Project(tmp_path / "site", lab.ssh_config, tuple(host.name for host in hosts))
    for host in hosts:
        role = "" if host is web else 'role = "edge"\n'
        reached = f'host = "deploy@{host.name}"\n'
        project.edit("site.toml", reached, f'{reached}{role}address = "{host.ip}"\n')
    project.edit("site.toml", "[servers.h1]", f"{ASKED}[servers.h1]")
    project.version("one")
    for edge, other in ((one, two), (two, one)):
        pebble.install(lab, edge, DOMAIN, f"watch.{DOMAIN}", to=other.ip)

    project.fab("bootstrap")
    project.fab("deploy")
    edges = tuple(There(lab, edge, project) for edge in (one, two))
    for there in edges:
        there.tick()

    for there in edges:
        there.shows(DOMAIN, "Pebble")
        there.shows(f"watch.{DOMAIN}", "Pebble")
    for edge in (one, two):
        trusting = pebble.trusting(lab, edge)
        assert pebble.get_securely(edge, DOMAIN, "/marker/", trusting) == (200, "one 0")
        assert pebble.get_securely(edge, f"watch.{DOMAIN}", "/", trusting)[0] == 200
        assert "warn" not in lab.run(edge, "nginx", "-t").stderr
        assert lab.run(edge, "systemctl", "--failed", "--plain", "--no-legend").stdout == ""
    listed = project.told("certificates")
    assert {(row["server"], row["level"]) for row in listed} == {("h1", "ok"), ("h2", "ok")}
    assert len({row["issuer"] for row in listed}) == 2, "each of its own authority"
    assert [row["findings"] for row in project.told("status")] == [[], [], []]


def balanced(host: Host, name: str) -> bytes:
    """Ask as one who comes by a balancer that speaks the PROXY protocol; return the first line."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host.ip, 443), 20) as plain:
        plain.sendall(b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n")
        with context.wrap_socket(plain, server_hostname=name) as connection:
            asked = f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
            connection.sendall(asked.encode())
            return connection.makefile("rb").readline().rstrip()

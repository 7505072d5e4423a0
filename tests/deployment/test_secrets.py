"""An app's own secrets reach its pool, and nobody and nothing else."""

from __future__ import annotations

import hashlib
import http.client

import pytest

from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_refusals import as_it_is
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

FIRST, SECOND, THIRD = "f1rst-passw0rd", "s3cond-passw0rd", "th1rd-passw0rd"

APP = '''\
"""Answers with the hash of its secret."""

import hashlib

from flask import Flask


def create_app() -> Flask:
    """Make the app."""
    app = Flask(__name__)

    @app.route("/")
    def told() -> str:
        if app.config["API_KEY"] == "wr0ng-passw0rd":
            raise RuntimeError("nobody knows it")
        return hashlib.sha256(app.config["API_KEY"].encode()).hexdigest()

    return app
'''

TABLES = """
[apps.vault]
app = "apps.vault:create_app"
path = "/vault"
pool = "vault"
config.API_KEY = "{secret:API_KEY}"
[pools.vault]
"""


def answer(host: Host) -> str:
    connection = http.client.HTTPConnection(host.ip, timeout=10)
    try:
        connection.request("GET", "/vault/", headers={"Host": DOMAIN})
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def test_a_secret_reaches_its_own_pool_and_nothing_shows_it(
    lab: Lab, host: Host, project: Project
) -> None:
    (project.folder / "apps" / "vault.py").write_text(APP)
    site = project.folder / "site.toml"
    site.write_text(site.read_text() + TABLES)
    project.commit("need a secret")
    before = as_it_is(lab, host)
    named = ("API_KEY", "--app", "vault")

    refused = project.try_fab("deploy")
    told = [refused, project.fab("secrets-set", *named, "--plan")]
    assert refused.code == 1
    assert "are not set; run: fab secrets-set API_KEY --app vault" in refused.err
    assert as_it_is(lab, host) == before
    assert project.try_fab("secrets-list").code == 1, "one is missing"

    told.append(project.fab("secrets-set", *named, feed=f"{FIRST}\n"))
    told.append(project.fab("deploy"))
    assert answer(host) == digest(FIRST)

    told.append(project.fab("secrets-set", *named, feed=SECOND))
    assert answer(host) == digest(FIRST), "what runs keeps what it has"
    with traffic(host.ip) as met:
        told.append(project.fab("restart", "vault"))
        assert answer(host) == digest(SECOND)
        project.fab("secrets-set", *named, feed="wr0ng-passw0rd")
        broken = project.try_fab("restart", "vault")
    assert broken.code == 1, broken
    assert "every server is as it was before" in broken.err
    assert answer(host) == digest(SECOND), "one that does not work is taken back"
    assert met.failures == []

    told.append(project.fab("secrets-set", *named, feed=THIRD))
    project.version("two")
    told.append(project.fab("deploy"))
    assert answer(host) == digest(THIRD)
    told.append(project.fab("rollback"))
    assert answer(host) == digest(SECOND), "a release is with the secrets it ran with"
    told += [
        project.fab("secrets-list"),
        project.fab("history"),
        project.fab("bootstrap", "--plan"),
    ]

    user = ("runuser", "-u", "yard-default", "--", "sh", "-c")
    seen = lab.run(host, *user, "cat /run/credentials/*/* /etc/flaskyard/yard/* 2>/dev/null; true")
    own = lab.run(
        host,
        "runuser",
        "-u",
        "yard-vault",
        "--",
        "sh",
        "-c",
        "cat /run/credentials/*/secrets; true",
    )
    assert SECOND in own.stdout
    places = (
        "cat /proc/*/cmdline /proc/*/environ 2>/dev/null; "
        "journalctl --quiet --output cat; systemctl show 'yard-*';"
        "grep -raI '' /etc/flaskyard /etc/systemd /srv/yard/releases/*/site.toml /var/log "
        "/var/lib/yard /var/lib/flaskyard /tmp 2>/dev/null; true"
    )
    there = lab.run(
        host, "sh", "-c", f"{{ {places}; }} | tr '\\0' '\\n' | iconv -c -t ascii"
    ).stdout
    everything = seen.stdout + there + "".join(str(done) for done in told)
    assert "secrets-set" in everything
    for secret in (FIRST, SECOND, THIRD):
        assert secret not in everything


def test_a_new_server_gets_the_secrets_of_the_others(
    lab: Lab, snapshots: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one, two = lab.up(2, source=snapshots)
    folder = tmp_path_factory.mktemp("secrets") / "site"
    project = Project(folder, lab.ssh_config, hosts=("h1", "h2"))
    (folder / "apps" / "vault.py").write_text(APP)
    (folder / "site.toml").write_text((folder / "site.toml").read_text() + TABLES)
    project.commit("need a secret")
    project.fab("secrets-set", "API_KEY", "--app", "vault", feed=FIRST)
    lab.run(two, "rm", "/etc/flaskyard/yard/secrets")

    refused = project.try_fab("deploy")
    project.fab("bootstrap")
    project.fab("deploy")

    assert "the servers have different secrets; run: fab bootstrap" in refused.err
    assert answer(one) == answer(two) == digest(FIRST)

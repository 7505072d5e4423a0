"""Bootstrap reads as a runbook, and does what is missing."""

from __future__ import annotations

import pytest

from deploy.errors import PlanError
from deploy.server.web import WHOLE
from deploy.stages import plans
from tests.deploy.sample import AT, BARE, BUILT, SITE, ready
from tests.deploy.stages.runbook import deploy, notes


def test_bootstrap_of_a_bare_host_reads_as_a_runbook() -> None:
    plan = plans.bootstrap(AT, SITE, BUILT, BARE, "ada", "the master keys")

    assert plan.stays, "what is done stays after a failure"
    assert notes(tuple(plan)) == [
        "make a folder for what nginx may do",
        "see that systemd can read units",
        "write /etc/systemd/system/nginx.service.d/flaskyard.conf",
        "let systemd read them",
        "refresh Debian's package lists",
        "install logrotate, nginx, procps, python3, sudo, libnginx-mod-http-brotli-static",
        "make /srv/yard",
        "make /srv/yard/store",
        "make /srv/yard/environments",
        "make /srv/yard/releases",
        "make /srv/yard/live",
        "make /srv/yard/maintenance",
        "make /srv/yard/incoming",
        "make /var/lib/flaskyard/yard",
        "make /etc/flaskyard/yard",
        "make /etc/flaskyard/yard/releases",
        "make the user _yard",
        "make the user yard-default",
        "let nginx into the group of yard-default",
        "write /etc/flaskyard/yard/keys",
        "make the pools' keys",
        "make the agent's folder",
        "upload 3 files, 20.0 MB",
        "check the hashes of 3 files",
        "unpack uv",
        "make its environment",
        "install what it needs",
        "install the agent",
        "compile all",
        "let it be asked",
        "use it",
        "let systemd start it anew",
        "make the user ada, with your SSH keys",
        "write what the SSH user may do",
        "let it",
        "write /etc/sysctl.d/60-flaskyard.conf",
        "have the kernel protect links",
        "let nginx hold more connections",
        "reload nginx",
        "make nginx's folder",
        "keep what nginx was told",
        "write /etc/nginx/flaskyard/brotli.conf",
        "write /etc/nginx/flaskyard/answer.conf",
        "write /etc/nginx/flaskyard/download.conf",
        "write /etc/nginx/flaskyard/own.conf",
        "write /etc/nginx/flaskyard/pages.conf",
        "write /etc/nginx/flaskyard/proxy.conf",
        "write /etc/nginx/flaskyard/static.conf",
        "write /etc/nginx/flaskyard/edge.conf",
        "write /etc/nginx/flaskyard/acme.conf",
        "write /etc/nginx/flaskyard/peers.conf",
        "write /etc/nginx/conf.d/00-flaskyard.conf",
        "take Debian's page away",
        "see that nginx takes it",
        "start nginx",
        "see that systemd can read units",
        "write /etc/flaskyard/logs.conf",
        "write /etc/systemd/system/flaskyard-logs.service",
        "write /etc/systemd/system/flaskyard-logs.timer",
        "let systemd read them",
        "rotate nginx's logs when they are long",
        "write /srv/yard/boot",
        "see that systemd can read units",
        "write /etc/systemd/system/yard.service",
        "write /etc/systemd/system/flaskyard-agent@.socket",
        "write /etc/systemd/system/flaskyard-agent@.service",
        "write /etc/systemd/system/flaskyard-tls@.service",
        "write /etc/systemd/system/flaskyard-tls@.timer",
        "write /etc/systemd/system/yard-default@.socket",
        "write /etc/systemd/system/yard-default@.service",
        "let systemd read them",
        "start the site at boot",
        "let the agent listen",
    ]
    assert "install -d -o root -m 700 /srv/yard/incoming" in str(plan)
    assert "install -d -o root -m 700 /etc/flaskyard/yard" in str(plan)
    assert "write /etc/flaskyard/yard/keys (15 bytes, mode 600)" in str(plan)
    assert "master keys" not in str(plan) + repr(plan)


def test_bootstrap_of_a_ready_host_does_nothing() -> None:
    assert tuple(plans.bootstrap(AT, SITE, BUILT, ready(), "deploy")) == ()


def test_bootstrap_starts_an_nginx_that_died() -> None:
    units = {**ready().units, "nginx.service": {"ActiveState": "failed"}}
    dead = ready().model_copy(update={"units": units})

    plan = plans.bootstrap(AT, SITE, BUILT, dead, "deploy")

    assert notes(tuple(plan)) == ["start nginx"]


def test_bootstrap_ends_what_another_began_to_tell_nginx() -> None:
    """It was interrupted when all was written, and nginx had not read it."""
    begun = ready().model_copy(update={"files": {**ready().files, WHOLE: ""}})

    plan = plans.bootstrap(AT, SITE, BUILT, begun, "deploy")

    assert notes(tuple(plan)) == [
        "keep what nginx was told",
        "see that nginx takes it",
        "reload nginx",
    ]


def test_a_server_that_bootstrap_has_not_been_to_is_told_so() -> None:
    with pytest.raises(PlanError, match=r"is not ready for this version .*: fab bootstrap"):
        deploy(BARE)

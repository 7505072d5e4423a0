"""What keeps visitors from the site is told."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.checks import web
from deploy.checks.finding import Check
from deploy.checks.outside import Outside
from deploy.onhost.widen import CONNECTIONS, FILES
from deploy.protocol.examined import Certificate
from tests.deploy.checks.given import SYSTEM, WEB, said, seen
from tests.deploy.sample import B, serving

DAY = 86400
FOREIGN = (("/etc/nginx/sites-enabled/old", "example.org"), ("/etc/nginx/x", "other.example"))


def certificate(days: float | None) -> dict[str, Any]:
    until = None if days is None else SYSTEM.time + days * DAY
    return {"certificates": (Certificate(path="/etc/c.pem", until=until, names=("example.org",)),)}


@pytest.mark.parametrize(
    ("check", "facts", "level", "told"),
    [
        (web.nginx, {"fault": "unknown directive"}, "wrong", "nginx would not take its config"),
        (
            web.file_limit,
            {"file_limit": 1024},
            "warn",
            "nginx may open 1024 files, and has 768 connections, which need 1536",
        ),
        (
            web.confined,
            {"confined": False},
            "warn",
            "nginx has run since before its rights were cut down",
        ),
        (
            web.ports,
            {"listeners": (("0.0.0.0:80", "apache2"), ("*:443", "nginx"))},
            "wrong",
            "apache2 listens on 0.0.0.0:80, where nginx is to",
        ),
        (
            web.hosts,
            {"foreign": FOREIGN},
            "wrong",
            "/etc/nginx/sites-enabled/old answers for example.org, too: which one does is chance",
        ),
        (
            web.certificates,
            certificate(3),
            "warn",
            "the certificate of example.org ends in 3 days: /etc/c.pem",
        ),
        (
            web.certificates,
            certificate(-1),
            "wrong",
            "the certificate of example.org has ended: /etc/c.pem",
        ),
        (web.certificates, certificate(None), "wrong", "the certificate /etc/c.pem cannot be read"),
    ],
)
def test_what_is_wrong_with_nginx_is_told(
    check: Check, facts: dict[str, Any], level: str, told: str
) -> None:
    ((found, says, _),) = said(check, seen(web=WEB.model_copy(update=facts)))

    assert found == level
    assert says.startswith(told)


def test_the_room_that_bootstrap_makes_is_enough() -> None:
    facts = WEB.model_copy(update={"file_limit": FILES, "connections": CONNECTIONS})

    assert said(web.file_limit, seen(web=facts)) == []


def test_a_certificate_that_holds_for_long_is_well() -> None:
    assert said(web.certificates, seen(web=WEB.model_copy(update=certificate(60)))) == []


def test_an_nginx_that_does_not_run_is_wrong() -> None:
    state = serving(B).model_copy(update={"units": {}})

    assert said(web.nginx, seen(state)) == [("wrong", "nginx does not run", "fab bootstrap")]


@pytest.mark.parametrize(
    ("found", "where"),
    [((), "nowhere"), (("198.51.100.7",), "198.51.100.7")],
    ids=["no address", "another"],
)
def test_a_name_that_leads_elsewhere_is_only_a_warning(found: tuple[str, ...], where: str) -> None:
    outside = Outside("deploy@web1:22", "192.0.2.1", {"example.org": found})

    assert said(web.names, seen(outside=outside)) == [
        (
            "warn",
            f"example.org leads to {where}, and SSH reached 192.0.2.1",
            "in DNS: lead example.org to 192.0.2.1",
        )
    ]


def test_a_port_that_cannot_be_reached_is_only_a_warning() -> None:
    outside = Outside("deploy@web1:22", "192.0.2.1", web="no answer within 3 s")

    ((level, says, _),) = said(web.reached, seen(outside=outside))

    assert level == "warn"
    assert says == "port 80 of 192.0.2.1 cannot be reached from here: no answer within 3 s"

"""What an app knows of its visitor behind a load balancer, nginx and gunicorn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.webserver import Web, needs_nginx
from tests.integration.fronted import folder_of, fronted

pytestmark = needs_nginx

BALANCER, SECOND, STRANGER = "127.0.0.50", "127.0.0.51", "127.0.0.9"

SITE = """\
name = "yard"
domain = "example.org"

[tls]
elsewhere = true

[nginx]
trusted_proxies = ["127.0.0.50", "127.0.0.51"]

[apps.told]
app = "told:app"
path = "/told"
"""

TOLD = """\
from flask import Flask, redirect, request, url_for

app = Flask(__name__)

@app.get("/")
def told():
    url = url_for("told", _external=True)
    return {"address": request.remote_addr, "secure": request.is_secure, "url": url}

@app.get("/secure")
def secure():
    if not request.is_secure:
        return redirect(request.url.replace("http:", "https:"))
    return {"secure": True}
"""


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with folder_of(SITE, told=TOLD) as folder, fronted(folder) as web:
        yield web


def told(web: Web, client: str, **headers: str) -> Any:
    return web.get("example.org", "/told/", client, **headers).echo


@pytest.mark.parametrize(
    ("client", "chain", "visitor"),
    [
        (BALANCER, "203.0.113.9", "203.0.113.9"),
        (BALANCER, "2001:db8::9", "2001:db8::9"),
        (SECOND, f"203.0.113.9, {BALANCER}", "203.0.113.9"),
        (SECOND, f"6.6.6.6, 203.0.113.9, {BALANCER}", "203.0.113.9"),
        (BALANCER, "evil\t", BALANCER),
    ],
)
def test_an_app_sees_the_visitor_and_that_he_came_by_https(
    web: Web, client: str, chain: str, visitor: str
) -> None:
    found = told(web, client, X_Forwarded_For=chain, X_Forwarded_Proto="https")

    assert found == {"address": visitor, "secure": True, "url": "https://example.org/told/"}


def test_an_app_that_leads_to_https_does_not_lead_in_a_circle(web: Web) -> None:
    through = web.get("example.org", "/told/secure", BALANCER, X_Forwarded_Proto="https")
    plain = web.get("example.org", "/told/secure", BALANCER, X_Forwarded_Proto="http")

    assert through.status == 200
    assert plain.headers["location"] == "https://example.org/told/secure"


def test_a_stranger_reaches_no_app_past_the_balancer(web: Web) -> None:
    said = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
    answer = web.get("example.org", "/told/", STRANGER, **said)

    assert (answer.status, answer.headers["location"]) == (308, "https://example.org/told/")

"""Tenants of one app on one host: nobody is logged in at another's, or reaches into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.routing.router import Router
from dispatcher.serving.apps import contain
from dispatcher.serving.stack import stack
from tests.dispatcher.browser import Browser
from tests.dispatcher.conftest import Write

LOGIN = """\
from flask import Flask, redirect, session

def tenant_exists(tenant):
    return tenant in ("choir", "band", "dance")

def create_app(tenant=None):
    app = Flask("login")

    @app.get("/")
    def whoami():
        return session.get("user", "nobody")

    @app.get("/login")
    def login():
        session["user"] = f"somebody of {tenant}"
        return redirect("/")

    @app.get("/worker")
    def worker():
        return "", {"Service-Worker-Allowed": "/t/"}

    @app.get("/clear")
    def clear():
        return "", {"Clear-Site-Data": '"storage"'}

    return app
"""

TENANTS = ("choir", "band", "dance")
PLACES = [Address("example.org", "/t"), Address("example.org"), Address("*.example.org")]


@pytest.fixture(params=PLACES, ids=str)
def below(request: pytest.FixtureRequest) -> Address:
    place: Address = request.param
    return place


@pytest.fixture
def site(below: Address, write: Write, tmp_path: Path) -> Router:
    write("login", LOGIN)
    app = App("club", "login:create_app", (below,), tenants=below)
    site = Site("yard", "example.org", (app,), file=tmp_path / "site.toml")
    return stack(site, contain(site, site))


def place(below: Address, tenant: str) -> tuple[str, str]:
    """Return the host and the mount of a tenant."""
    if below.host.startswith("*"):
        return f"{tenant}.example.org", ""
    return below.host, f"{below.path}/{tenant}"


def get(site: Router, host: str, path: str, cookies: str = "") -> TestResponse:
    headers = {"Cookie": cookies} if cookies else {}
    client = Client(site, use_cookies=False)
    return client.get(path, base_url=f"https://{host}/", headers=headers)


def test_a_person_is_somebody_else_at_each_tenant(site: Router, below: Address) -> None:
    browser = Browser()
    for tenant in TENANTS:
        host, mount = place(below, tenant)
        answer = get(site, host, f"{mount}/login")
        assert answer.location == f"{mount}/"
        for value in answer.headers.getlist("Set-Cookie"):
            assert browser.store(value, host, f"{mount}/login", secure=True)

    for tenant in TENANTS:
        host, mount = place(below, tenant)
        sent = browser.header(host, f"{mount}/", secure=True)
        assert sent.count("session=") == 1
        assert get(site, host, f"{mount}/", sent).text == f"somebody of {tenant}"


def test_no_session_is_taken_by_another_tenant_under_any_name(site: Router, below: Address) -> None:
    host, mount = place(below, "choir")
    (cookie,) = get(site, host, f"{mount}/login").headers.getlist("Set-Cookie")
    own, _, value = cookie.partition(";")[0].partition("=")
    assert get(site, host, f"{mount}/", f"{own}={value}").text == "somebody of choir"

    for tenant in ("band", "dance"):
        host, mount = place(below, tenant)
        for app in ("club", "club.choir", f"club.{tenant}"):
            for name in ("session", f"{app}~session", f"__Host-{app}~session"):
                assert get(site, host, f"{mount}/", f"{name}={value}").text == "nobody"


def test_a_tenant_cannot_speak_for_the_others_on_its_host(site: Router, below: Address) -> None:
    host, mount = place(below, "choir")
    headers = [*get(site, host, f"{mount}/worker").headers.keys()]
    headers += get(site, host, f"{mount}/clear").headers.keys()

    shared = below.host == "example.org"
    assert ("Service-Worker-Allowed" in headers) is not shared
    assert ("Clear-Site-Data" in headers) is not shared

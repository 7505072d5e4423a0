"""Tenants through the real nginx and gunicorn: found by host and path, and kept apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.webserver import Answer, Web, needs_nginx
from tests.integration.fronted import folder_of, fronted
from tests.integration.served import until

pytestmark = needs_nginx

SITE = """\
name = "yard"
domain = "example.org"

[apps.archive]
app = "club:create_app"
subdomain = "archive"
tenants = "*.archive"

[apps.lending]
app = "club:create_app"
tenants = "/t/<tenant>"
"""

CLUB = """\
from flask import Flask, redirect, session, url_for
from dispatcher.links import site_url

def tenant_exists(tenant):
    return tenant in ("choir", "band")

def create_app(tenant=None):
    app = Flask(__name__)

    @app.get("/")
    def whoami():
        return session.get("user", "nobody")

    @app.get("/login")
    def login():
        session["user"] = f"somebody of {tenant}"
        return redirect(url_for("whoami"))

    @app.get("/links")
    def links():
        return " ".join([site_url("archive", "whoami", tenant="band"),
                         site_url("lending", "login", tenant="band"),
                         site_url("archive", path="/a")])

    return app
"""

PLACES = {
    "host": ("{}.archive.example.org", ""),
    "path": ("example.org", "/t/{}"),
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with folder_of(SITE, club=CLUB) as folder:
        yield folder


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    with fronted(folder) as web:
        yield web


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    return PLACES[request.param]


def asked(web: Web, place: tuple[str, str], tenant: str, path: str, cookie: str = "") -> Answer:
    host, mount = (part.format(tenant) for part in place)
    return web.get(host, mount + path, **({"Cookie": cookie} if cookie else {}))


def test_a_session_of_one_tenant_is_nothing_to_another(web: Web, place: tuple[str, str]) -> None:
    login = asked(web, place, "choir", "/login")
    cookie = login.headers["set-cookie"].partition(";")[0]
    value = cookie.partition("=")[2]

    assert login.status == 302
    assert asked(web, place, "choir", "/", cookie).body == b"somebody of choir"
    for tenant, name in (("band", "session"), ("band", None), ("choir", "session")):
        app = cookie.partition(".")[0]
        sent = f"{name or f'{app}.band~session'}={value}"
        assert asked(web, place, tenant, "/", sent).body == b"nobody"


def test_strangers_get_the_sites_404_and_what_is_no_tenant_never_arrives(
    web: Web, place: tuple[str, str]
) -> None:
    assert asked(web, place, "stranger", "/").status == 404
    assert web.get("a.choir.archive.example.org").status in (404, 421)
    for path in ("/t/choir%2fband/", "/t/choir/../band/", "/t/choir/%2e%2e/band/"):
        assert web.get("example.org", path).status == 400
    assert web.get("example.org", "/t/").status == 404


def test_a_redirect_and_links_keep_to_the_tenant_that_is_meant(
    web: Web, place: tuple[str, str]
) -> None:
    mount = place[1].format("choir")
    assert asked(web, place, "choir", "/login").headers["location"] == f"{mount}/"
    archive = "choir.archive" if place is PLACES["host"] else "archive"
    assert asked(web, place, "choir", "/links").body.decode().split() == [
        "http://band.archive.example.org/",
        "http://example.org/t/band/login",
        f"http://{archive}.example.org/a",
    ]


def test_the_log_names_the_tenant(web: Web, folder: Path, place: tuple[str, str]) -> None:
    known = asked(web, place, "choir", "/").headers["x-request-id"]

    def line() -> str:
        lines = (folder / "log").read_text().splitlines()
        return next((one for one in lines if known in one), "")

    until("the request is logged", lambda: bool(line()))
    logged = json.loads(line())
    app = "archive" if place is PLACES["host"] else "lending"
    assert (logged["app"], logged["tenant"], logged["status"]) == (app, "choir", 200)

"""Tenants by path and by subdomain, under the real gunicorn and the developer's server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.served import Served, served, until

SITE = """\
name = "yard"
domain = "example.org"

[apps.archive]
app = "archive:create_app"
subdomain = "archive"
tenants = "*.archive"

[apps.lending]
app = "archive:create_app"
tenants = "/t/<tenant>"
tenant_limit = 2

[pools.default]
workers = 1
"""

ARCHIVE = """\
import itertools
from flask import Flask, request, send_file, url_for

TENANTS = {"alpha", "beta", "gamma", "delta"}
numbers = itertools.count(1)
closed = []

def tenant_exists(tenant):
    return tenant in TENANTS

def close_tenant(app):
    closed.append(app.config["TENANT"])

def create_app(tenant=None):
    if tenant == "gamma":
        raise RuntimeError("gamma's disk is full")
    app = Flask(__name__)
    app.config["TENANT"] = tenant
    number = next(numbers)

    @app.get("/")
    def home():
        return {"tenant": tenant, "number": number, "closed": closed,
                "url": url_for("item", name="x", _external=True),
                "environ": request.environ.get("dispatcher.tenant")}

    @app.get("/file")
    def file():
        return send_file(__file__)

    @app.get("/items/<name>")
    def item(name):
        return f"{tenant}'s {name}"

    return app
"""


@pytest.fixture(scope="module", params=["gunicorn", "werkzeug"])
def site(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "site.toml").write_text(SITE)
    (folder / "archive.py").write_text(ARCHIVE)
    with served(folder, "--no-debug", "--server", request.param) as running:
        yield running


def home(site: Served, path: str = "/", host: str = "localhost") -> Any:
    answer = site.get(path, host)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def test_a_tenant_by_subdomain_is_an_app_of_its_own(site: Served) -> None:
    alpha = home(site, host="alpha.archive.localhost")
    assert (alpha["tenant"], alpha["environ"]) == ("alpha", "alpha")
    assert alpha["url"] == f"http://alpha.archive.localhost:{site.port}/items/x"
    assert site.get("/items/x", "beta.archive.localhost").text == "beta's x"


def test_a_tenant_by_path_is_an_app_of_its_own(site: Served) -> None:
    alpha = home(site, "/t/alpha/")
    assert (alpha["tenant"], alpha["environ"]) == ("alpha", "alpha")
    assert alpha["url"] == f"http://localhost:{site.port}/t/alpha/items/x"
    assert site.get("/t/alpha").headers["Location"] == "/t/alpha/"


def test_the_app_without_tenant_answers_at_its_own_address_alone(site: Served) -> None:
    assert home(site, host="archive.localhost")["tenant"] is None
    assert site.get("/t/").status == 404


@pytest.mark.parametrize(
    ("path", "host"),
    [("/", "stranger.archive.localhost"), ("/t/stranger/", "localhost"), ("/t/A/", "localhost")],
)
def test_strangers_are_not_found(site: Served, path: str, host: str) -> None:
    assert site.get(path, host).status == 404


def test_first_requests_that_come_together_make_one_instance(site: Served) -> None:
    with ThreadPoolExecutor(12) as threads:
        homes = list(threads.map(lambda _: home(site, "/t/beta/"), range(12)))
    assert len({home["number"] for home in homes}) == 1


def test_beyond_the_limit_one_is_closed_also_where_the_server_sent_a_file_of_it(
    site: Served,
) -> None:
    gone = home(site, "/t/alpha/")["closed"].count("alpha")
    assert site.get("/t/alpha/file").text == ARCHIVE
    home(site, "/t/beta/")
    home(site, "/t/delta/")
    until("it is closed", lambda: home(site, "/t/delta/")["closed"].count("alpha") == gone + 1)


def test_a_tenant_that_cannot_be_made_is_out_alone_and_the_log_says_why(site: Served) -> None:
    answer = site.get("/t/gamma/")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert home(site, "/t/alpha/")["tenant"] == "alpha"
    assert "lending.gamma" in site.told
    assert "gamma's disk is full" in site.told

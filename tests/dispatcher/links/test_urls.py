from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import pytest

from dispatcher.links import LinkError, site_has, site_url
from dispatcher.links.context import EXTENSION
from dispatcher.links.urls import Links, read
from dispatcher.loading.contained import Contained
from dispatcher.registry.site_toml import load
from dispatcher.serving.apps import contain
from dispatcher.serving.stack import stack
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import get

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "yard_portal:create_app"
path = "/"

[apps.members]
app = "yard_members:create_app"
path = "/members"
subdomain = "members"
domains = ["members.example.net"]

[apps.archive]
app = "yard_members:create_archive"
subdomain = "archive"
tenants = "*.archive"

[apps.rooms]
app = "yard_members:create_archive"
tenants = "/rooms/<tenant>"

[apps.wiki]
app = "yard_members:plain"
path = "/wiki"
domains = ["wiki.example.net"]

[apps.broken]
app = "yard_members:broken"
path = "/broken"
"""

PORTAL = """\
from flask import Flask, render_template_string, request
from dispatcher.links import LinkError, site_url

def create_app():
    app = Flask("yard_portal")

    @app.get("/to/<app>")
    @app.get("/to/<app>/<endpoint>")
    def to(app, endpoint=""):
        try:
            return site_url(app, endpoint, **request.args)
        except LinkError as error:
            return str(error), 500

    @app.get("/template")
    def template():
        return render_template_string("{{ site_url('members', 'profile', id=3) }}")

    return app
"""

MEMBERS = """\
from flask import Flask, redirect, request
from dispatcher.links import site_url

def create_app():
    app = Flask("yard_members")
    app.add_url_rule("/people/<int:id>", "profile", lambda id: "")
    app.add_url_rule("/home", "home", lambda: site_url("portal", "to", app="x"))
    app.add_url_rule("/leave", "leave", lambda: redirect(site_url("portal") + "?a=b"))
    app.add_url_rule("/stay", "stay", lambda: redirect("http://example.org/?a=b"))
    return app

def create_archive(tenant=None):
    app = Flask("yard_archive")
    app.add_url_rule("/items/<name>", "item", lambda name: "")
    app.add_url_rule("/link", "link", lambda: site_url("archive", "item", name="x", **request.args))
    return app

def tenant_exists(tenant):
    return tenant in ("choir", "band")

def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [site_url("members", "profile", id=3, _environ=environ).encode()]
"""


@pytest.fixture
def path(write: Write, tmp_path: Path) -> Path:
    write("yard_portal", PORTAL)
    write("yard_members", MEMBERS)
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


@pytest.fixture
def apps(path: Path) -> dict[str, Contained]:
    site = load(path)
    return contain(site, site)


@pytest.fixture
def site(path: Path, apps: dict[str, Contained]) -> Any:
    return stack(load(path), apps)


def told(site: Any, path: str, host: str = "example.org", **more: Any) -> str:
    return get(site, path, host, **more).text


def test_a_link_has_the_scheme_and_port_of_the_request_and_its_host_where_it_can(
    site: Any,
) -> None:
    profile = "/to/members/profile"
    query = {"QUERY_STRING": "id=3"}
    assert told(site, profile, **query) == "http://example.org/members/people/3"
    assert told(site, profile, "Example.org:8000", **query) == (
        "http://example.org:8000/members/people/3"
    )
    secure = {**query, "wsgi.url_scheme": "https"}
    assert (
        told(site, profile, "example.org:443", **secure) == "https://example.org/members/people/3"
    )


@pytest.mark.parametrize(
    ("host", "at", "expected"),
    [
        ("members.example.org", "/home", "http://example.org/to/x"),
        ("members.example.net:81", "/home", "http://example.org:81/to/x"),
        ("example.org", "/members/home", "http://example.org/to/x"),
        ("wiki.example.net", "/", "http://example.org/members/people/3"),
    ],
)
def test_from_wherever_a_request_came_a_link_leads_to_the_other_app(
    site: Any, host: str, at: str, expected: str
) -> None:
    assert told(site, at, host) == expected


def test_a_link_stays_on_the_host_of_the_request_where_the_other_app_answers_there(
    site: Any, apps: dict[str, Contained]
) -> None:
    members: Any = apps["members"].load()
    with members.test_request_context("/", base_url="http://members.example.net"):
        assert site_url("members", "profile", id=3) == "https://example.org/members/people/3"
    assert told(site, "/members/home") == "http://example.org/to/x"
    answer = get(site, "/link", "archive.example.org", QUERY_STRING="")
    assert answer.text == "http://archive.example.org/items/x"


def test_templates_have_it_too(site: Any) -> None:
    assert told(site, "/template") == "http://example.org/members/people/3"


def test_a_redirect_to_where_a_link_leads_is_no_mistake_of_an_app_that_forgot_its_mount(
    site: Any,
) -> None:
    left = get(site, "/members/leave").headers["Location"]
    stayed = get(site, "/members/stay").headers["Location"]
    assert left == "http://example.org/?a=b"
    assert stayed == "http://example.org/members/?a=b"


@pytest.mark.parametrize(
    ("host", "query", "expected"),
    [
        ("choir.archive.example.org", "", "http://choir.archive.example.org/items/x"),
        ("choir.archive.example.org", "tenant=band", "http://band.archive.example.org/items/x"),
        ("choir.archive.example.org", "tenant=", "http://archive.example.org/items/x"),
        ("archive.example.org", "tenant=band", "http://band.archive.example.org/items/x"),
    ],
)
def test_links_within_a_tenant_stay_there_unless_another_is_named(
    site: Any, host: str, query: str, expected: str
) -> None:
    assert told(site, "/link", host, QUERY_STRING=query) == expected


@pytest.mark.parametrize(
    ("to", "query", "expected"),
    [
        ("/to/wiki", "", "http://example.org/wiki/"),
        ("/to/wiki", "path=/Home", "http://example.org/wiki/Home"),
        ("/to/wiki", "path=/H%C3%B6me&q=a+b", "http://example.org/wiki/H%C3%B6me?q=a+b"),
        (
            "/to/wiki",
            "path=/What+is+100%2525%3F%23&a=b",
            "http://example.org/wiki/What%20is%20100%25%3F%23?a=b",
        ),
        ("/to/wiki", "path=//evil.example", "http://example.org/wiki//evil.example"),
        ("/to/wiki", "path=/a%0d%0ab", "http://example.org/wiki/a%0D%0Ab"),
        ("/to/wiki", "path=/Home&_anchor=a+b", "http://example.org/wiki/Home#a%20b"),
        ("/to/members/profile", "id=3&_anchor=top", "http://example.org/members/people/3#top"),
        ("/to/portal", "", "http://example.org/"),
        ("/to/rooms", "tenant=choir", "http://example.org/rooms/choir/"),
        ("/to/rooms/item", "tenant=choir&name=x", "http://example.org/rooms/choir/items/x"),
        ("/to/archive", "tenant=band&path=/x", "http://band.archive.example.org/x"),
    ],
)
def test_an_app_has_its_start_and_paths_below(
    site: Any, to: str, query: str, expected: str
) -> None:
    assert told(site, to, QUERY_STRING=query) == expected


@pytest.mark.parametrize(
    ("to", "query", "fault"),
    [
        ("/to/member", "", "site.toml has no such app; did you mean 'members'?"),
        ("/to/xyz", "", "site.toml has no such app; there are portal, members, archive, rooms"),
        ("/to/members/profil", "", "it has no endpoint 'profil'; did you mean 'profile'?"),
        ("/to/members/profile", "", "endpoint 'profile' needs a value for id"),
        ("/to/wiki/page", "", "it is no Flask app and has no endpoints; write a path"),
        ("/to/wiki", "path=Home", "path 'Home' must start with a slash"),
        ("/to/wiki", "path=/../shop", "path '/../shop' is another one to browsers, '/shop'"),
        ("/to/wiki", "path=/%252e%252e/shop", "is another one to browsers, '/shop'"),
        ("/to/members/profile", "id=3&_external=1", "a link is absolute and of the request; leave"),
        ("/to/rooms/item", "name=x", "it has tenants alone; say which, as in tenant='choir'"),
        ("/to/rooms/item", "tenant=evil.org/", "'evil.org/' is no name of a tenant"),
    ],
)
def test_a_link_that_cannot_be_is_refused_with_what_would_be_right(
    site: Any, to: str, query: str, fault: str
) -> None:
    answer = get(site, to, QUERY_STRING=query)
    assert answer.status == 500
    assert fault in answer.text


def test_a_page_whose_link_leads_to_an_app_that_is_out_is_shown_all_the_same(site: Any) -> None:
    answer = get(site, "/to/broken/page", QUERY_STRING="id=3")
    assert (answer.status, answer.text) == (200, "http://example.org/broken/")


def test_a_mail_is_not_sent_with_a_link_that_nobody_could_check(
    apps: dict[str, Contained],
) -> None:
    portal: Any = apps["portal"].load()
    with portal.app_context():
        assert site_url("members", "profile", id=3) == "https://example.org/members/people/3"
        with pytest.raises(LinkError, match="yard_members has no 'broken'"):
            site_url("broken", "page")


def test_an_own_site_url_in_an_apps_templates_is_left_to_it() -> None:
    app: Any = flask.Flask("x")
    app.jinja_env.globals["site_url"] = mine = object()
    Links(load_site()).enter(app, "x")
    assert app.jinja_env.globals["site_url"] is mine
    assert EXTENSION in app.extensions


def load_site() -> Any:
    from dispatcher.registry.site import Site

    return Site("yard", "example.org", ())


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Links, "here", None)
    read.cache_clear()
    yield
    read.cache_clear()


@pytest.mark.usefixtures("_alone")
def test_an_app_that_runs_alone_finds_the_site_that_the_environment_names(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCHER_SITE", str(path))
    app = flask.Flask("yard_members")
    app.add_url_rule("/new/<int:id>", "profile", str)
    with app.test_request_context("/", base_url="http://localhost:5000"):
        assert site_url("portal") == "https://example.org/"
        assert site_url("members", "profile", id=3) == "https://example.org/members/new/3"


@pytest.mark.usefixtures("_alone")
def test_without_a_site_it_is_said_that_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCHER_SITE", str(tmp_path / "none.toml"))
    with pytest.raises(LinkError, match=r"there is no site to look into: .*there is no such file"):
        site_url("portal")


TWO = """\
from flask import Flask
from dispatcher.links import site_url

def cats():
    app = Flask(__name__)
    app.add_url_rule("/", "home", lambda: site_url("dogs", "bark", id=3))
    return app

def dogs(tenant=None):
    app = Flask(__name__)
    app.add_url_rule("/bark/<int:id>", "bark", str)
    with app.app_context():
        mine = site_url("dogs", "bark", id=3, tenant=tenant)
    with app.test_request_context():
        assert site_url("dogs", "bark", id=3, tenant=tenant) == mine
    app.add_url_rule("/", "home", lambda: mine)
    return app

def tenant_exists(tenant):
    return True
"""


def test_two_apps_of_one_module_are_told_apart_and_know_their_addresses_while_they_are_made(
    write: Write, tmp_path: Path
) -> None:
    write("yard_two", TWO)
    path = tmp_path / "site.toml"
    table = '[apps.{0}]\napp = "yard_two:{0}"\npath = "/{0}"\n'
    path.write_text(
        'name = "yard"\ndomain = "two.example"\n'
        f'{table.format("cats")}{table.format("dogs")}tenants = "*.dogs"\n'
    )
    two = load(path)
    site = stack(two, contain(two, two))

    assert told(site, "/cats/", "two.example") == "http://two.example/dogs/bark/3"
    assert told(site, "/dogs/", "two.example") == "https://two.example/dogs/bark/3"
    assert told(site, "/", "rex.dogs.two.example") == "https://rex.dogs.two.example/bark/3"


def test_by_ip_address_a_local_link_leads_to_the_same_address(path: Path) -> None:
    local = load(path, domain="localhost")
    site = stack(local, contain(local, local), by_address=True)
    assert told(site, "/to/wiki", "192.168.1.5:8000") == "http://192.168.1.5:8000/wiki/"
    assert told(site, "/to/archive", "192.168.1.5:8000") == "http://archive.localhost:8000/"


def test_whether_the_site_has_an_app_can_be_asked_and_one_alone_is_part_of_none(
    site: Any, apps: dict[str, Contained]
) -> None:
    portal: Any = apps["portal"].load()
    with portal.app_context():
        assert site_has("members")
        assert not site_has("shop")
        assert flask.render_template_string("{{ site_has('members') }}") == "True"
    with flask.Flask("alone").app_context():
        assert not site_has("members")

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.keys.derivation import Keys, Master
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.serving.apps import contain
from dispatcher.serving.stack import stack
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import get

WIKI = """\
import itertools
made = itertools.count(1)

def make(**given):
    number = next(made)
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{number} {given}".encode()]
    return application
"""

HERE = Address("example.org", "/wiki")
THERE = Address("wiki.example.org")


@pytest.fixture(autouse=True)
def _apps(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write("wiki_app", WIKI)
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/state:/elsewhere")


Ask = Callable[[App, Address], str]


@pytest.fixture
def ask() -> Ask:
    kept: dict[str, Callable[[Address], str]] = {}

    def ask(app: App, address: Address) -> str:
        if app.name not in kept:
            site = Site("yard", "example.org", (app,))
            served = stack(site, contain(site, site))
            kept[app.name] = lambda at: get(served, f"{at.path}/", at.host).text
        return kept[app.name](address)

    return ask


def test_an_app_is_made_once_whatever_its_addresses(ask: Ask) -> None:
    app = App("wiki", "wiki_app:make", (HERE, THERE), args={"size": 3})
    assert ask(app, HERE) == "1 {'size': 3}"
    assert ask(app, THERE) == "1 {'size': 3}"


def test_an_app_that_keeps_its_mount_is_made_for_each(ask: Ask) -> None:
    given = {"at": "{host}{prefix}", "url": "{url}"}
    app = App("wiki", "wiki_app:make", (HERE, THERE), args=given, each_mount=True)
    assert ask(app, THERE) == "1 {'at': 'wiki.example.org', 'url': 'https://wiki.example.org'}"
    assert ask(app, HERE) == "2 {'at': 'example.org/wiki', 'url': 'https://example.org/wiki'}"
    assert ask(app, THERE).startswith("1 ")


def test_each_instance_has_a_name_to_be_told_by() -> None:
    both = App("wiki", "wiki_app:make", (HERE, THERE), each_mount=True)
    one = App("shop", "wiki_app:make", (Address("example.org", "/shop"),), each_mount=True)
    site = Site("yard", "example.org", (both, one))
    assert list(contain(site, site)) == [
        "wiki at example.org/wiki/",
        "wiki at wiki.example.org/",
        "shop",
    ]


def test_state_is_a_folder_of_the_apps_own_that_is_there(ask: Ask, tmp_path: Path) -> None:
    app = App("wiki", "wiki_app:make", (HERE,), args={"root": "{state}"})
    folder = tmp_path / "state" / "wiki"
    assert ask(app, HERE) == f"1 {{'root': '{folder}'}}"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_url_is_as_the_site_is_reached(ask: Ask) -> None:
    app = App("wiki", "wiki_app:make", (HERE,), args={"url": "{url}"})
    site = Site("yard", "localhost", (app,), scheme="http", port=8000)
    assert "http://example.org:8000/wiki" in get(stack(site, contain(site, site)), "/wiki/").text


TENANTS = """\
def create(tenant=None, root="", folder=""):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{tenant} {root} {folder.rpartition('/')[2]}".encode()]
    return application
def tenant_exists(tenant):
    return tenant == "choir"
"""

ARCHIVE = App(
    "archive",
    "archive_app:create",
    (Address("example.org", "/t"),),
    tenants=Address("example.org", "/t"),
    args={"root": "{url}", "folder": "{state}"},
)


def test_what_is_given_to_a_tenants_instance_is_of_its_own_address(write: Write) -> None:
    write("archive_app", TENANTS)
    site = Site("yard", "example.org", (ARCHIVE,))
    stacked = stack(site, contain(site, site))

    assert get(stacked, "/t/choir/").text == "choir https://example.org/t/choir archive.choir"
    assert get(stacked, "/t/band/").status == 404


def test_an_app_with_tenants_answers_without_one_at_its_other_addresses(write: Write) -> None:
    write("archive_app", TENANTS)
    app = App(
        "archive",
        "archive_app:create",
        (Address("example.org", "/archive"), Address("*.archive.example.org")),
        tenants=Address("*.archive.example.org"),
    )
    site = Site("yard", "example.org", (app,))
    stacked = stack(site, contain(site, site))

    assert get(stacked, "/archive/").text.startswith("None")
    assert get(stacked, "/", "choir.archive.example.org").text.startswith("choir")


def test_an_app_with_tenants_that_does_not_say_who_they_are_is_out(write: Write) -> None:
    write("archive_app", TENANTS.replace("tenant_exists", "tenants_of"))
    site = Site("yard", "example.org", (ARCHIVE,))
    apps = contain(site, site)

    assert get(stack(site, apps), "/t/choir/").status == 503
    assert "has no tenant_exists" in str(apps["archive"].error)


def test_a_secret_is_the_app_s_own_and_lasts(ask: Ask, tmp_path: Path) -> None:
    given = {"secret_key": "{secret}"}
    keys = Keys((Master.new(),))
    (tmp_path / "keys").write_text(keys.text())
    (tmp_path / "keys").chmod(0o600)

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DISPATCHER_KEYS", str(tmp_path / "keys"))
        told = ask(App("wiki", "wiki_app:make", (HERE,), args=given), HERE)

    assert told == f"1 {{'secret_key': '{keys.secrets('yard', 'wiki')[0]}'}}"

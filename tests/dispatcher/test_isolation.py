"""Ten apps on one host, each on a host of its own too: nobody is logged in at another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug import Response
from werkzeug.test import create_environ, run_wsgi_app

from dispatcher.keys.file import KeyFile
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.routing.router import Router
from dispatcher.serving.apps import contain
from dispatcher.serving.stack import stack
from tests.dispatcher.browser import Browser
from tests.dispatcher.conftest import Write

LOGIN = """\
from flask import Flask, session

def create_app(name):
    app = Flask(name)

    @app.route("/login")
    def login():
        session["user"] = f"somebody of {name}"
        return "welcome"

    @app.route("/logout")
    def logout():
        session.clear()
        return "bye"

    @app.route("/")
    def whoami():
        return session.get("user", "nobody")

    return app
"""

NAMES = tuple(f"app{number}" for number in range(10))
DOMAIN = "example.org"


def addresses(name: str) -> tuple[Address, ...]:
    """Return two addresses; the first app has the root of the host that all share."""
    return Address(DOMAIN, "" if name == NAMES[0] else f"/{name}"), Address(f"{name}.{DOMAIN}")


APPS = tuple(App(name, "login:create_app", addresses(name), args={"name": name}) for name in NAMES)
EVERYWHERE = [(app.name, address) for app in APPS for address in app.addresses]


@pytest.fixture
def site(write: Write, tmp_path: Path) -> Router:
    write("login", LOGIN)
    site = Site("yard", DOMAIN, APPS, file=tmp_path / "site.toml")
    return stack(site, contain(site, site))


def get(site: Router, at: Address, path: str, cookies: str, *, secure: bool = True) -> Response:
    base = f"http{'s' * secure}://{at.host}/"
    headers = {"Cookie": cookies} if cookies else {}
    environ = create_environ(f"{at.path}{path}", base, headers=headers)
    return Response(*run_wsgi_app(site, environ, buffered=True))


class Person:
    """Somebody with a browser."""

    def __init__(self, site: Router, *, secure: bool) -> None:
        self.site, self.secure, self.browser = site, secure, Browser()

    def get(self, at: Address, path: str = "/") -> str:
        cookies = self.browser.header(at.host, at.path + path, secure=self.secure)
        answer = get(self.site, at, path, cookies, secure=self.secure)
        for value in answer.headers.getlist("Set-Cookie"):
            assert self.browser.store(value, at.host, at.path + path, secure=self.secure)
        return answer.get_data(as_text=True)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_person_stays_logged_in_at_all_apps_and_logs_out_of_one(
    site: Router, secure: bool
) -> None:
    person = Person(site, secure=secure)

    for _, at in EVERYWHERE:
        assert person.get(at) == "nobody"
        person.get(at, "/login")

    for name, at in EVERYWHERE:
        assert person.get(at) == f"somebody of {name}"
    person.get(addresses("app3")[0], "/logout")
    for name, at in EVERYWHERE:
        gone = at == addresses("app3")[0]
        assert person.get(at) == ("nobody" if gone else f"somebody of {name}")


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_no_session_is_taken_by_another_app_under_any_name(site: Router, secure: bool) -> None:
    taken, refused = 0, 0
    for owner, home in EVERYWHERE:
        (cookie,) = get(site, home, "/login", "", secure=secure).headers.getlist("Set-Cookie")
        own, _, value = cookie.partition(";")[0].partition("=")
        for name, at in EVERYWHERE:
            spellings = (f"{app}~session" for app in {owner, name})
            for spelling in ("session", *spellings):
                for sent in (spelling, f"__Host-{spelling}", f"__Secure-{spelling}"):
                    who = get(site, at, "/", f"{sent}={value}", secure=secure).get_data(
                        as_text=True
                    )
                    if name == owner and sent == own_name(owner, at, secure):
                        assert who == f"somebody of {owner}"
                        taken += 1
                    else:
                        assert who == "nobody", f"{owner}'s as {sent} at {at}"
                        refused += 1
        assert own == own_name(owner, home, secure)

    assert taken == 40, "each of ten apps, from two addresses at two"
    assert refused > 20 * 20 * 6


def own_name(name: str, at: Address, secure: bool) -> str:
    return f"{'__Host-' if secure and at.host != DOMAIN else ''}{name}~session"


def test_no_app_gets_to_see_another_s_session(site: Router) -> None:
    person = Person(site, secure=True)
    for _, at in EVERYWHERE:
        person.get(at, "/login")

    sent = person.browser.header(DOMAIN, "/app3/", secure=True)

    assert [pair.partition("=")[0] for pair in sent.split("; ")] == ["app3~session", "app0~session"]


def test_each_app_has_a_secret_of_its_own(site: Router, tmp_path: Path) -> None:
    cookies = [get(site, at, "/login", "").headers["Set-Cookie"] for _, at in EVERYWHERE]

    signatures = {cookie.partition(";")[0].rpartition(".")[2] for cookie in cookies}
    assert len(signatures) >= len(NAMES)
    assert (tmp_path / "instance" / "keys").stat().st_mode & 0o777 == 0o600


def test_sessions_go_on_after_a_restart_and_two_rotations(
    site: Router, write: Write, tmp_path: Path
) -> None:

    person = Person(site, secure=True)
    at = addresses("app1")[0]
    person.get(at, "/login")

    for expected in ("somebody of app1", "somebody of app1", "nobody"):
        KeyFile(tmp_path / "instance" / "keys").rotate()
        again = Site("yard", DOMAIN, APPS, file=tmp_path / "site.toml")
        person.site = stack(again, contain(again, again))
        assert person.get(at) == expected


def test_an_app_without_keys_is_out_and_says_why(site: Router, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "keys").write_text("these are none")
    (tmp_path / "instance" / "keys").chmod(0o600)

    assert [get(site, at, "/", "").status_code for _, at in EVERYWHERE] == [503] * 20

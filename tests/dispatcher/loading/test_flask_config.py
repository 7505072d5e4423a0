"""A Flask app knows where it is, and its own settings win."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, render_template_string, session
from werkzeug.middleware.proxy_fix import ProxyFix

from dispatcher.loading.flask_config import complete
from dispatcher.registry.address import Address
from dispatcher.registry.headers import CSP_NONCE
from dispatcher.registry.site import App, Site

WIKI = App("wiki", "a:b", (Address("example.org", "/wiki"), Address("wiki.example.org")))
SITE = Site("yard", "example.org", (WIKI,))
LOCAL = replace(SITE, domain="localhost", scheme="http")
AT = "https://example.org"


def completed(made: Any, app: App = WIKI, site: Site = SITE) -> dict[str, Any]:
    flask = made if isinstance(made, Flask) else Flask("other")
    complete(made, site, app, app.addresses[0], lambda: ("new", "old", "older"))
    return flask.config


def test_an_app_that_decided_nothing_learns_where_it_is() -> None:
    before = dict(Flask("app").config)

    config = completed(Flask("app"))

    assert {name: value for name, value in config.items() if before[name] != value} == {
        "APPLICATION_ROOT": "/wiki",
        "PREFERRED_URL_SCHEME": "https",
        "SECRET_KEY": "new",
        "SECRET_KEY_FALLBACKS": ["old", "older"],
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TRUSTED_HOSTS": ["example.org", "wiki.example.org"],
    }
    assert config["SESSION_COOKIE_HTTPONLY"] is True, "as Flask has it"


def test_what_the_app_decided_stays() -> None:
    decided = {
        "APPLICATION_ROOT": "/here",
        "PREFERRED_URL_SCHEME": "ftp",
        "SECRET_KEY": "mine",
        "SESSION_COOKIE_HTTPONLY": False,
        "SESSION_COOKIE_NAME": "mine",
        "SESSION_COOKIE_PATH": "/there",
        "SESSION_COOKIE_SAMESITE": "Strict",
        "TRUSTED_HOSTS": ["one.example"],
    }
    app = Flask("app")
    app.config.update(decided)

    config = completed(app)

    assert {name: config[name] for name in decided} == decided
    assert config["SECRET_KEY_FALLBACKS"] is None


def test_an_app_with_a_secret_of_its_own_needs_no_keys() -> None:
    app = Flask("app")
    app.secret_key = "mine"

    complete(app, SITE, WIKI, WIKI.addresses[0], lambda: pytest.fail("asked for secrets"))

    assert app.secret_key == "mine"


def test_an_app_s_own_fallbacks_are_taken_too() -> None:
    app = Flask("app")
    app.config["SECRET_KEY_FALLBACKS"] = ["from before flaskyard"]

    assert completed(app)["SECRET_KEY_FALLBACKS"] == ["old", "older", "from before flaskyard"]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda app: app.wsgi_app,
        lambda app: ProxyFix(app),
        lambda app: ProxyFix(app.wsgi_app),
        lambda app: ProxyFix(ProxyFix(app)),
    ],
    ids=["method", "middleware", "both", "twice"],
)
def test_a_flask_app_within_middleware_is_found(wrapped: Any) -> None:
    app = Flask("app")

    completed(wrapped(app))

    assert app.secret_key == "new"


def test_other_applications_are_left_alone() -> None:
    class Loop:
        def __init__(self) -> None:
            self.app = self

    for other in (Loop(), print, object(), None):
        completed(other)


def test_flask_is_not_imported_for_apps_without_it() -> None:
    program = """
import sys
from dispatcher.loading.flask_config import complete
complete(print, None, None, None, None)
assert "flask" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_object_that_is_two_apps_trusts_the_hosts_of_both() -> None:
    app = Flask("app")

    completed(app)
    config = completed(app, App("news", "a:b", (Address("news.example.org"),)))

    assert config["TRUSTED_HOSTS"] == ["example.org", "wiki.example.org", "news.example.org"]


def test_every_name_below_a_wildcard_is_trusted() -> None:
    app = Flask("app")
    app.add_url_rule("/", view_func=lambda: "hello")
    completed(app, App("archive", "a:b", (Address("*.archive.example.org"),)))

    def status(host: str) -> int:
        return app.test_client().get("/", base_url=f"http://{host}").status_code

    assert status("choir.archive.example.org") == 200
    assert status("example.org") == 400


def test_on_a_developer_s_machine_its_addresses_are_as_good_as_localhost() -> None:
    wiki = replace(WIKI, addresses=(Address("localhost", "/wiki"), Address("wiki.localhost")))
    below = replace(WIKI, addresses=(Address("wiki.localhost"),))

    assert completed(Flask("app"), wiki, LOCAL)["TRUSTED_HOSTS"] is None
    assert completed(Flask("app"), below, LOCAL)["TRUSTED_HOSTS"] == ["wiki.localhost"]


def test_after_a_rotation_a_session_from_before_is_taken_and_signed_anew() -> None:
    def app_with(*secrets: str) -> Flask:
        app = Flask("app")
        complete(app, SITE, WIKI, WIKI.addresses[0], lambda: secrets)

        @app.route("/")
        def count() -> str:
            session["count"] = session.get("count", 0) + 1
            return str(session["count"])

        return app

    before, after, later = app_with("a"), app_with("b", "a"), app_with("c", "b")
    client = before.test_client()
    url = "https://wiki.example.org/"

    assert client.get(url).text == "1"
    for app, text in ((after, "2"), (later, "3")):
        client.application = app
        assert client.get(url).text == text


def test_a_template_knows_the_nonce_of_its_answer_and_none_out_of_one() -> None:
    app = Flask("app")
    completed(app)

    @app.get("/")
    def page() -> str:
        return render_template_string("{{ csp_nonce() }}")

    told = app.test_client().get("/", AT, environ_overrides={CSP_NONCE: "0123"})

    assert told.text == "0123"
    assert app.test_client().get("/", AT).text == ""
    with app.app_context():
        assert render_template_string("{{ csp_nonce() }}") == ""


def test_an_app_that_has_a_nonce_of_its_own_keeps_it() -> None:
    app = Flask("app")
    app.add_template_global(lambda: "mine", "csp_nonce")
    completed(app)

    with app.app_context():
        assert render_template_string("{{ csp_nonce() }}") == "mine"

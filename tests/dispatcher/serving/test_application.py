from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.address import PROBE_HOST
from dispatcher.serving.application import serve
from dispatcher.settings import Settings
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import get

SITE = """\
name = "yard"
domain = "example.org"
[apps.portal]
app = "yard_apps:portal"
path = "/"
[apps.wiki]
app = "yard_apps:wiki"
path = "/wiki"
subdomain = "wiki"
pool = "files"
[apps.broken]
app = "yard_apps:broken"
path = "/broken"
[pools.files]
"""

APPS = """\
import json
def answer(name):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        kept = {k: v for k, v in environ.items() if isinstance(v, str)}
        return [json.dumps({"app": name, **kept}).encode()]
    return app
portal, wiki = answer("portal"), answer("wiki")
"""


@pytest.fixture
def path(tmp_path: Path, write: Write) -> Path:
    write("yard_apps", APPS)
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def seen(settings: Settings, path: str = "/", host: str = "example.org", **more: Any) -> Any:
    return json.loads(get(serve(settings), path, host, **more).text)


def ready(settings: Settings) -> tuple[int, Any]:
    answer = get(serve(settings), "/ready", PROBE_HOST)
    return answer.status, json.loads(answer.text)


def test_the_whole_site_is_served_where_no_pool_is_named(path: Path) -> None:
    assert seen(Settings(path))["app"] == "portal"
    assert seen(Settings(path), "/wiki/")["app"] == "wiki"


def test_a_pool_serves_its_own_apps_and_leaves_the_others_addresses_alone(path: Path) -> None:
    files = serve(Settings(path, pool="files"))
    rest = serve(Settings(path, pool="default"))
    assert json.loads(get(files, "/x", "wiki.example.org").text)["app"] == "wiki"
    assert get(files, "/").status == 421
    assert get(rest, "/wiki/").status == 421
    assert get(rest, "/x", "wiki.example.org").status == 421


def test_an_app_that_cannot_be_loaded_is_out_and_the_others_serve(path: Path) -> None:
    site = serve(Settings(path))
    assert get(site, "/broken/").status == 503
    assert get(site, "/wiki/").status == 200


def test_ready_is_refused_with_the_fault_while_an_app_is_out(path: Path) -> None:
    status, body = ready(Settings(path, pool="default", release="r1"))
    assert status == 503
    assert body == {
        "pool": "default",
        "release": "r1",
        "pid": os.getpid(),
        "apps": {
            "portal": None,
            "broken": "broken: yard_apps:broken cannot be loaded: yard_apps has no 'broken'",
        },
        "asleep": [],
    }


def test_ready_is_given_once_every_app_of_the_pool_is_loaded(path: Path) -> None:
    status, body = ready(Settings(path, pool="files"))
    assert (status, body["apps"]) == (200, {"wiki": None})


def test_live_is_given_whatever_the_apps_do(path: Path) -> None:
    answer = get(serve(Settings(path, release="r1")), "/live", PROBE_HOST)
    assert answer.status == 200
    assert json.loads(answer.text) == {"pool": "", "release": "r1", "pid": os.getpid()}


def test_other_probes_are_not_found(path: Path) -> None:
    assert get(serve(Settings(path)), "/", PROBE_HOST).status == 404


@pytest.mark.parametrize("host", ["example.org", "nobody.example", "a b"])
def test_every_answer_says_which_release_gave_it(path: Path, host: str) -> None:
    assert get(serve(Settings(path, release="r1")), "/", host).headers["X-Release"] == "r1"
    assert "X-Release" not in get(serve(Settings(path)), "/", host).headers


FORWARDED = {
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_PORT": "666",
    "HTTP_X_FORWARDED_PREFIX": "//evil.example",
    "REMOTE_ADDR": "127.0.0.1",
}


def test_without_a_proxy_in_front_nothing_forwarded_is_believed(path: Path) -> None:
    environ = seen(Settings(path), "/wiki/a", **FORWARDED)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("127.0.0.1", "http")


def test_behind_a_proxy_the_visitors_address_and_scheme_are_believed_and_no_more(
    path: Path,
) -> None:
    environ = seen(Settings(path, proxies=1), "/wiki/a", **FORWARDED)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("203.0.113.9", "https")
    assert (environ["HTTP_HOST"], environ["SCRIPT_NAME"]) == ("example.org", "/wiki")
    assert environ["SERVER_PORT"] != "666"


def test_behind_a_proxy_only_what_the_proxy_itself_added_is_believed(path: Path) -> None:
    forwarded = {**FORWARDED, "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9"}
    assert seen(Settings(path, proxies=1), **forwarded)["REMOTE_ADDR"] == "203.0.113.9"


def test_by_ip_address_only_a_local_site_can_be_reached(path: Path) -> None:
    assert get(serve(Settings(path)), "/", "127.0.0.1").status == 421
    assert get(serve(Settings(path, domain="localhost")), "/", "127.0.0.1").status == 200


LOADED = APPS + "loaded = []\ndef broken(): loaded.append(1); return wiki"


def loaded() -> list[int]:
    return list(importlib.import_module("yard_apps").loaded)


def test_an_eager_app_is_loaded_before_the_first_request(path: Path, write: Write) -> None:
    write("yard_apps", LOADED)
    serve(Settings(path))
    assert loaded() == [1]


def test_a_lazy_app_is_loaded_with_its_first_request_and_ready_does_not_wait_for_it(
    path: Path, write: Write
) -> None:
    write("yard_apps", LOADED)
    path.write_text(SITE.replace('path = "/broken"', 'path = "/broken"\nload = "lazy"'))
    site = serve(Settings(path))
    asked = get(site, "/ready", PROBE_HOST)
    assert asked.status == 200
    assert json.loads(asked.text)["asleep"] == ["broken"]
    assert loaded() == []

    assert get(site, "/broken/").status == 200
    assert loaded() == [1]
    assert json.loads(get(site, "/ready", PROBE_HOST).text)["asleep"] == []


def test_here_a_browser_finds_the_status_page_as_well(path: Path) -> None:
    site = serve(Settings(path, domain="localhost"))
    assert "<h1>Not ready</h1>" in get(site, "/status", "dispatcher.localhost:8000").text
    assert get(serve(Settings(path)), "/status", "dispatcher.localhost").status == 421


@pytest.mark.parametrize("key", ['subdomain = "dispatcher"', 'tenants = "*"'])
def test_an_app_that_has_the_name_of_the_status_page_keeps_it(path: Path, key: str) -> None:
    path.write_text(SITE.replace('subdomain = "wiki"', key))
    site = serve(Settings(path, domain="localhost"))
    assert "<h1>Not ready</h1>" not in get(site, "/status", "dispatcher.localhost:8000").text

"""What nginx says in answers of its own: the same everywhere, with a real nginx."""

from __future__ import annotations

import http.client
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.layout import Layout
from deploy.server import render
from deploy.server.web import web_files
from deploy.stages.maintenance import PARTS
from dispatcher.registry.address import Address
from dispatcher.registry.headers import MILD, STRICT, STYLE, fixed, headers, of_page
from dispatcher.registry.site import App, Pool, Site
from dispatcher.registry.tls import Tls
from dispatcher.routing.pages import source, wanted
from tests.deploy.webserver import Web, needs_nginx, running

pytestmark = needs_nginx

MARK = "0123456789abcdef"
QUOTED = 'geolocation=(self "https://a.example")'
THEIRS = headers("files:make", {}, {"permissions_policy": QUOTED})

SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "apps.portal:a", (Address("example.org"),), headers=tuple(STRICT.items())),
        App("files", "files:make", (Address("example.org", "/files"),), headers=THEIRS),
        App("gone", "gone:make", (Address("example.org", "/gone"),), "gone"),
    ),
    (Pool(), Pool("gone")),
    tls=Tls("ada@example.org"),
)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        for app in ("portal", "files"):
            path = Path(name, "static", app, "static", f"a.{MARK}.css")
            path.parent.mkdir(parents=True)
            path.write_text("a { color: red }")
        Path(name, "static").chmod(0o755)
        Path(name).chmod(0o755)
        with running(SITE, Path(name)) as web:
            Path(name, "gone.sock").unlink()
            yield web


OWN = {name.lower() for name in of_page("")}


def test_a_page_of_nginx_says_all_that_a_page_of_the_site_says(web: Web) -> None:
    answer = web.get_securely("example.org", "/gone/")

    assert answer.status == 503
    assert answer.headers.keys() >= OWN
    (style,) = STYLE.findall(answer.body.decode())
    assert of_page(f"<style>{style}</style>").items() >= {
        ("Content-Security-Policy", answer.headers["content-security-policy"])
    }, "its style is let through"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["retry-after"] == "5"
    assert (answer.headers["cache-control"], answer.headers["vary"]) == ("no-store", "Accept")


def test_redirects_and_refusals_say_it_too(web: Web) -> None:
    redirect, refusal = web.get("example.org"), web.get("evil.example")

    assert (redirect.status, refusal.status) == (308, 421)
    assert OWN | {"x-request-id"} <= redirect.headers.keys() & refusal.headers.keys()
    assert "strict-transport-security" not in redirect.headers, "RFC 6797, section 7.2"
    assert b"There is no such site here" in refusal.body


@pytest.mark.parametrize(
    ("app", "given"), [("", tuple(STRICT.items())), ("/files", THEIRS)], ids=["ours", "theirs"]
)
def test_static_files_say_what_their_app_says(
    web: Web, app: str, given: tuple[tuple[str, str], ...]
) -> None:
    answer = web.get_securely("example.org", f"{app}/static/a.{MARK}.css")

    assert answer.status == 200
    said = {name: answer.headers.get(name.lower()) for name in {*STRICT, *MILD}}
    assert said == {name: fixed(given).get(name) for name in said}
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert len(answer.headers["x-request-id"]) == 32
    assert "immutable" in answer.headers["cache-control"]


def test_an_app_that_answers_is_not_talked_over(web: Web) -> None:
    answer = web.get_securely("example.org")

    assert answer.status == 200
    assert not (OWN | {"vary", "cache-control"}) & answer.headers.keys()
    assert answer.headers["strict-transport-security"] == "max-age=63072000"


def test_no_version_is_told_by_anything(web: Web) -> None:
    answers = [
        web.get("example.org"),
        web.get("evil.example"),
        web.get_securely("example.org"),
        web.get_securely("example.org", "/gone/"),
        web.get_securely("example.org", f"/static/a.{MARK}.css"),
        web.get("example.org", "/%"),
    ]
    connection = http.client.HTTPConnection("127.0.0.1", web.https, timeout=10)
    connection.request("GET", "/")  # plain http, where https is spoken
    plain = connection.getresponse()
    assert (plain.status, plain.headers["Server"]) == (400, "nginx")
    assert b"nginx" not in plain.read()
    connection.close()

    assert {answer.headers["server"] for answer in answers} == {"nginx"}
    assert [answer.status for answer in answers if b"nginx/" in answer.body] == []


ACCEPTS = (
    "",
    "*/*",
    "text/html",
    "application/json",
    "image/png",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/json, text/html;q=0.5",
    "text/html;q=0.5, application/json",
    "text/html;q=0.5,application/json;q=0.4",
    "text/html;q=0.4,application/json;q=0.5",
    "text/html ; q=0.4 , application/json ; q=0.5",
    "TEXT/HTML;Q=0.4, Application/JSON;Q=0.9",
    "text/html; charset=utf-8; q=0.1, application/json",
    "application/json, text/plain, */*",
    "application/json;q=0.9, */*;q=0.1",
    "*/*;q=0.5, application/json",
    "application/*",
    "text/*;q=0.3, application/json;q=0.2",
    "text/*;q=0.1, application/json;q=0.2",
    "text/html;q=0, application/json",
    "text/*, application/*",
    "text/*;q=0.5, application/json;q=0.5",
    "text/html;q=0.5, application/*;q=0.5",
    "text/html;q=0, application/json;q=0",
    "text/html;q=0.0, */*;q=0.1",
    "application/json;q=0, */*",
    "text/html;q=1.0, application/json",
    "application/json;q=1.000, text/html;q=0.999",
    "application/json-seq",
    "x-text/html, application/json",
)


def test_nginx_and_the_dispatcher_hear_the_same_in_what_a_client_accepts(web: Web) -> None:
    def kind(accept: str) -> str:
        return web.get("evil.example", Accept=accept).headers["content-type"].partition(";")[0]

    assert {accept: kind(accept) for accept in ACCEPTS} == {
        accept: wanted(accept) for accept in ACCEPTS
    }


def test_what_is_told_as_json_is_json(web: Web) -> None:
    answer = web.get_securely("example.org", "/gone/")
    told = web.get("evil.example", Accept="application/json")

    assert json.loads(told.body)["error"]["status"] == told.status == 421
    assert told.headers.keys() >= OWN
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_pages_of_nginx_and_of_the_dispatcher_have_one_look() -> None:
    layout = Layout("yard")
    pages = [
        source(),
        render.maintenance(".html", layout, []),
        web_files()["/etc/nginx/flaskyard/pages.conf"],
    ]

    looks = {style for page in pages for style in STYLE.findall(page)}

    assert len(looks) == 1


def test_a_location_that_adds_a_header_has_lost_none_of_the_servers() -> None:
    closures = [{"app": "", "allow": [], "minutes": 1}]
    texts = [
        *web_files().values(),
        render.nginx(SITE, Layout("yard"))[0],
        render.nginx(replace(SITE, tls=None), Layout("yard"))[0],
        *(render.maintenance(name, Layout("yard"), closures) for name in PARTS.values()),
    ]
    lost = [
        block
        for text in texts
        for block in re.findall(r"^ *location [^\n]*\{\n(?:[^}]|\}')*?^ *\}", text, re.MULTILINE)
        if "add_header" in block and not re.search(r"include \S+/(own|answer|static)\.conf;", block)
    ]

    assert lost == []

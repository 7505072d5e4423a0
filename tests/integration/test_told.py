"""What docs/nginx.md has apps know from nginx, through the real nginx and gunicorn."""

from __future__ import annotations

import json
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatcher.registry.site_toml import load
from tests.deploy.webserver import Web, fronting, needs_nginx
from tests.integration.fronted import serving
from tests.integration.served import ROOT, served, until

PAGE = (ROOT / "docs" / "nginx.md").read_text("utf-8").partition("## What nginx tells apps")[2]
FIRST, SECOND = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(APP,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

TOP = 'name = "yard"\ndomain = "example.org"\n'
APPS = """
[apps.told]
app = "told:app"
path = "/"
domains = ["shop.example.org"]

[apps.all]
app = "told:make"
path = "/all"
tenants = "/groups/<tenant>"
"""
EVERYTHING = """
def everything(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({k: v for k, v in environ.items() if isinstance(v, str)}).encode()]

def make(tenant=""):
    return everything

def tenant_exists(tenant):
    return True
"""

PROXY, OFFICE = "10.0.0.5", "10.0.0.0/8"
HERE = {PROXY: "127.0.0.50", OFFICE: "127.0.1.0/24"}
"""Addresses of the page, and what stands for them on one machine."""


def written(folder: Path) -> Path:
    """Write the page's site, one of both examples."""
    folder.chmod(0o755)
    proxies, country = SECOND.replace("variables.", "").splitlines()[1:]
    text = f"{TOP}nginx.{proxies}\n{FIRST}{country}\n{APPS}"
    for there, here in HERE.items():
        text = text.replace(there, here)
    (folder / "site.toml").write_text(text)
    (folder / "told.py").write_text(f"import json\n{APP}{EVERYTHING}")
    return folder / "site.toml"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    site = load(written(folder))
    with serving(folder), fronting(site, folder) as web:
        yield web


def told(web: Web, client: str = "127.0.0.9", path: str = "/all/", **headers: str) -> Any:
    found = web.get("example.org", path, client, **headers).echo
    return {name[5:]: value for name, value in found.items() if name.startswith("site.")}


@needs_nginx
@pytest.mark.parametrize(
    ("host", "client", "network", "brand"),
    [
        ("example.org", "127.0.0.9", "world", "main"),
        ("example.org", "127.0.1.4", "office", "main"),
        ("shop.example.org", "127.0.0.9", "world", "shop"),
    ],
)
def test_the_app_of_the_page_is_told(
    web: Web, host: str, client: str, network: str, brand: str
) -> None:
    found = web.get(host, "/", client, X_Site_Network="evil", X_Site_Tls="evil").echo

    assert found == {"network": network, "brand": brand, "tls": ""}


@needs_nginx
def test_a_country_is_what_the_proxy_says(web: Web) -> None:
    said = {"CF_IPCountry": "AT", "X_Site_Country": "evil"}

    assert told(web, "127.0.0.50", **said)["country"] == "AT"
    assert told(web, **said)["country"] == ""


@needs_nginx
@pytest.mark.parametrize(
    "line",
    [
        "X-Site-Brand: evil",
        "x-SITE-brand: evil",
        "X_Site_Brand: evil",
        "X-Site_Brand: evil",
        "X-Site-Brand: evil\r\nX-Site-Brand: evil",
        "X-Site-Role: evil",
        "X-Site-Tenant: evil",
        "X-Site-: evil",
        "site.brand: evil",
        "Connection: X-Site-Brand\r\nX-Site-Brand: evil",
    ],
)
def test_nobody_else_tells_an_app_anything(web: Web, line: str) -> None:
    request = f"GET /all/ HTTP/1.1\r\nHost: example.org\r\n{line}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", web.port), 10) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    environ = json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])
    assert environ["site.brand"] == "main"
    assert not [name for name in environ if name.startswith("HTTP_X_SITE_")]
    assert "evil" not in environ.values()


@needs_nginx
def test_a_tenant_is_known_by_its_name(web: Web) -> None:
    assert told(web, path="/groups/choir/")["tenant"] == "choir"
    assert "tenant" not in told(web, X_Site_Tenant="evil")


@needs_nginx
def test_one_request_has_one_id_everywhere(web: Web, folder: Path) -> None:
    answer = web.get("example.org", "/all/", "127.0.0.9")
    known = answer.headers["x-request-id"]

    assert answer.echo["site.request"] == answer.echo["HTTP_X_REQUEST_ID"] == known
    until("nginx's log has it", lambda: f" {known}\n" in (folder / "access.log").read_text())
    until("the app's log has it", lambda: known in (folder / "log").read_text())


@needs_nginx
def test_an_answer_of_no_app_has_an_id_too(web: Web, folder: Path) -> None:
    assert web.get("example.org", "/groups/").status == 404

    def ids() -> list[str]:
        return re.findall(r'"GET /groups/ .* (\w{32})\n', (folder / "access.log").read_text())

    until("nginx's log has it", lambda: len(ids()) == 1)
    (known,) = ids()
    until("the log has it", lambda: f'"request_id": "{known}"' in (folder / "log").read_text())


def test_where_no_nginx_is_each_has_its_default(tmp_path: Path) -> None:
    written(tmp_path)
    for way in ((), ("--server", "gunicorn")):
        with served(tmp_path, *way) as site:
            said = {"X_Site_Network": "evil", "X_Site_Country": "evil"}
            assert json.loads(site.get(**said).text) == {
                "network": "world",
                "brand": "main",
                "tls": "",
            }
            environ = json.loads(site.get("/all/", **said).text)
            assert "evil" not in environ.values()
            assert (environ["site.country"], environ["site.request"]) == ("", "")

"""What tools of others say of nginx's configuration. Their words stay in dist/scans."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.layout import Layout
from deploy.server import render
from deploy.server.look import Closure
from deploy.server.web import FOLDER
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import load
from tests.deploy.webserver import checked, configured, needs_nginx
from tests.integration.served import ROOT

SCANS = ROOT / "dist" / "scans"
READERS = ("gixy-next", "gixy-ng")

RICH = """\
name = "yard"
domain = "example.org"

[tls]
email = "ada@example.org"
hsts_subdomains = true

[tls.certificates."*.archive.example.org"]
certificate = "/etc/tls/archive.pem"
key = "/etc/tls/archive.key"

[nginx]
trusted_proxies = ["10.0.0.0/8", "fd00::/8"]

[nginx.variables]
request = "$request_id"
network = { geo = { "10.0.0.0/8" = "office", default = "world" } }
brand = { of = "$host", map = { "wiki.example.org" = "wiki" } }
country = { header = "CF-IPCountry" }

[limits]
body_mb = 20

[apps.portal]
app = "a:portal"
path = "/"

[apps.wiki]
app = "a:wiki"
path = "/wiki"
subdomain = "wiki"
domains = ["wiki.example.net"]
pool = "side"
limits.per_second = 5
limits.at_once = 3

[apps.stream]
app = "a:stream"
path = "/stream"
websockets = true
limits.buffered = false
limits.answer_seconds = 3600

[apps.archive]
app = "a:archive"
subdomain = "archive"
tenants = "*.archive"
pool = "side"

[apps.lending]
app = "a:lending"
tenants = "/t/<tenant>"
static = false

[pools.side]
"""
BEHIND = """\
name = "yard"
domain = "example.org"

[tls]
elsewhere = true

[nginx]
trusted_proxies = ["10.0.0.5"]
proxy_protocol = true

[apps.portal]
app = "a:portal"
path = "/"
"""
"""A site with a balancer in front of it."""

SERVERS = """
[servers.edge1]
host = "edge1"
role = "edge"
address = "10.0.0.1"

[servers.edge2]
host = "edge2"
role = "edge"
address = "10.0.0.2"

[servers.web1]
host = "web1"
address = "10.0.0.5"
"""
CLOSED = (Closure(app="wiki", allow=("192.0.2.7/32",), minutes=5, since="", by="ada@desk"),)


@dataclass(frozen=True, slots=True)
class OnPurpose:
    """A finding that is none, where each line of nginx's around it is one of those."""

    finding: str
    around: str
    why: str


ON_PURPOSE = (
    *(
        OnPurpose(
            name,
            "location @flaskyard_peers",
            "the variable holds the name of an upstream above it",
        )
        for name in ("stale_dns_cache", "missing_resolver")
    ),
    OnPurpose(
        "try_files_is_evil_too",
        r"location \^~ /\.well-known/acme-challenge/",
        "what is there is so for seconds, and asked for a few times: it need not be kept open",
    ),
    OnPurpose(
        "proxy_buffering_off",
        r"location (= /stream|/stream/|@app_\d+)",
        "site.toml says so of this app; limits of one address hold there as well",
    ),
)


def site(name: str, folder: Path) -> Site:
    if name == "sample":
        return load(ROOT / "site.toml")
    server = {"edge": "edge1", "web": "web1"}.get(name, "")
    text = {"rich": RICH, "behind": BEHIND}.get(name, RICH + SERVERS)
    (folder / "site.toml").write_text(text)
    return load(folder / "site.toml").on(server)


@pytest.fixture(params=["sample", "rich", "behind", "edge", "web"])
def main(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give nginx's main file with a site's configuration around it."""
    (tmp_path / "nginx").mkdir()
    one, at = site(request.param, tmp_path), Layout("yard")
    main = configured(one, tmp_path / "nginx")
    if request.param == "rich":
        for name in ("http", "server"):
            text = render.maintenance(f"-{name}.conf", at, CLOSED)
            (main.parent / f"{name}.conf").write_text(text.replace(FOLDER, str(main.parent)))
    return main


def kept(name: str, *words: object) -> str:
    """Run a tool, keep what it says, and return its standard output."""
    SCANS.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    (SCANS / f"{name}.txt").write_text(done.stdout + done.stderr)
    return done.stdout


def is_on_purpose(finding: dict[str, Any]) -> bool:
    around = re.findall(r"^\s*(location .*?) \{$", finding["config"], re.MULTILINE)
    return bool(around) and any(
        finding["plugin"] == known.finding
        and all(re.fullmatch(known.around, line) for line in around)
        for known in ON_PURPOSE
    )


@needs_nginx
@pytest.mark.setup
@pytest.mark.parametrize("reader", READERS)
def test_readers_of_nginxs_configuration_find_nothing(
    main: Path, reader: str, request: pytest.FixtureRequest
) -> None:
    subprocess.run([ROOT / "bin" / "environment", reader], check=True, capture_output=True)
    gixy = ROOT / f".venv-{reader}" / "bin" / "gixy"
    of = request.node.callspec.params["main"]

    found = json.loads(kept(f"{reader}-{of}", gixy, "--format", "json", main))

    assert [one for one in found if not is_on_purpose(one)] == []


@needs_nginx
def test_nginx_has_nothing_to_say(main: Path, request: pytest.FixtureRequest) -> None:
    done = checked(main)

    SCANS.mkdir(parents=True, exist_ok=True)
    (SCANS / f"nginx-{request.node.callspec.params['main']}.txt").write_text(done.stderr)
    said = done.stderr.splitlines()
    assert [line.rpartition(" ")[2] for line in said] == ["ok", "successful"], said

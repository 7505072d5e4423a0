"""A site behind nginx that notes whatever reaches one of its apps."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dispatcher.registry.site_toml import load
from dispatcher.registry.tls import Tls
from tests.deploy.webserver import Web, fronting
from tests.integration.fronted import serving

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "noting:portal"
path = "/"

[apps.wiki]
app = "noting:wiki"
path = "/wiki"
pool = "side"

[apps.admin]
app = "noting:admin"
subdomain = "admin"
domains = ["xn--bcher-kva.example"]
pool = "side"

[apps.stream]
app = "noting:stream"
path = "/stream"
pool = "stream"
limits.buffered = false

[pools]
default.worker_class = "sync"
default.workers = 1
side.worker_class = "sync"
side.workers = 1
stream.worker_class = "sync"
stream.workers = 1
"""
"""One worker answers in the order of who came: whoever is answered last knows of all before."""

NOTING = """\
import os

def noting(name):
    def application(environ, start_response):
        try:
            body = environ["wsgi.input"].read()
        except Exception as error:
            body = b"(" + type(error).__name__.encode() + b")"
        seen = (name, environ["REQUEST_METHOD"], environ["PATH_INFO"], body[:60].decode("latin-1"))
        line = environ["REMOTE_ADDR"] + " " + ascii(" ".join(seen).rstrip())[1:-1] + "\\n"
        with open("noted", "ab", buffering=0) as file:
            file.write(line.encode())
        if environ["PATH_INFO"] == "/die":
            os._exit(1)
        size = 1 << 24 if environ["PATH_INFO"].endswith("/long") else 2
        start_response("200 OK", [("Content-Length", str(size)), ("Content-Type", "text/plain")])
        return [b"o" * size]
    return application

portal, wiki, admin, stream = map(noting, ("portal", "wiki", "admin", "stream"))
"""

POOLS = ("default", "side", "stream")
LAST = (("example.org", "/"), ("admin.example.org", "/"), ("example.org", "/stream/"))
"""An address in each pool."""

HEADER_SECONDS, BODY_SECONDS, READER_SECONDS = 2, 2, 2
PATIENCE = {
    "client_header_timeout 15s": f"client_header_timeout {HEADER_SECONDS}s",
    "client_body_timeout 30s": f"client_body_timeout {BODY_SECONDS}s",
    "send_timeout 30s": f"send_timeout {READER_SECONDS}s; keepalive_timeout 2s",
}
"""What nginx is told, and here instead: the same for less time."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The site over http, over https, and what its apps noted."""

    plain: Web
    secure: Web
    folder: Path

    def lines(self) -> dict[str, list[str]]:
        """Return all that reached an app, by client, once nothing is under way any more."""
        for host, path in LAST:
            assert self.plain.get(host, path).status == 200
        found = defaultdict(list)
        for line in (self.folder / "noted").read_text().splitlines():
            client, _, what = line.partition(" ")
            found[client].append(what)
        del found["127.0.0.1"]
        return found


@contextmanager
def noted() -> Iterator[Noted]:
    """Serve the site."""
    with ExitStack() as stack:
        # Short paths: that of a socket may have 107 bytes.
        folder, other = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="web-"))) for _ in range(2)
        )
        (folder / "site.toml").write_text(SITE)
        (folder / "noting.py").write_text(NOTING)
        for pool in POOLS:
            stack.enter_context(serving(folder, pool))
            (other / f"{pool}.sock").symlink_to(folder / f"{pool}.sock")
        site = load(folder / "site.toml")
        plain = stack.enter_context(fronting(site, folder, PATIENCE))
        secured = replace(site, tls=Tls("ada@example.org"))
        yield Noted(plain, stack.enter_context(fronting(secured, other, PATIENCE)), folder)

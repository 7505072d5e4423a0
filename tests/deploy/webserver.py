"""A real nginx with a site's configuration, on a free port, before upstreams that echo."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pytest

from deploy.layout import Layout
from deploy.onhost import facts, placeholder
from deploy.onhost.ask import SecureConnection
from deploy.server import brotli, https, render
from deploy.server.look import NginxFound
from deploy.server.web import FOLDER, web_files
from dispatcher.registry.site import Site
from dispatcher.registry.tls import secured
from tests.deploy.sample import BARE

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

SHARED = {Path(path).name: path for path in web_files()}
PARTS = (
    *(name for name, path in SHARED.items() if path.startswith(FOLDER)),
    *("https.conf", "webs.conf", Path(brotli.FILE).name),
)
"""Files that others include."""

needs_nginx = pytest.mark.skipif(NGINX is None, reason="needs nginx; apt-get install nginx-light")


def configured(
    site: Site,
    folder: Path,
    port: int = 8080,
    https_port: int = 8443,
    instead: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write the configuration as on a server, with ports and paths of the test's own.

    ``instead`` is what else a test has otherwise: text as it is on a server, and here.
    """
    text, routes = render.nginx(site, Layout(site.name))
    names = [Path(Layout(site.name).certificate(host)).name for host in secured(site)]
    # With the PROXY protocol, what 127.0.0.1 is told differs from what others are.
    each = "" if site.nginx.proxy_protocol else "127.0.0.1:"
    places = {
        "listen [::": "# listen [::",
        "listen 127.0.0.1:443": f"listen 127.0.0.1:{https_port}",
        "listen 127.0.0.1:80": f"listen 127.0.0.1:{port}",
        "listen 443": f"listen {each}{https_port}",
        https.WEBROOT: f"{folder}/webroot",
        Layout(site.name).tls: str(folder),
        "listen 80": f"listen {each}{port}",
        "/var/log/nginx": str(folder),
        Layout(site.name).current: str(folder),
        "/etc/nginx/flaskyard": str(folder),
        Layout(site.name).live(routes): str(folder),
        Layout(site.name).maintenance: str(folder),
        Layout(site.name).static: f"{folder}/static",
        Layout(site.name).state(""): f"{folder}/state/",
        **instead,
    }
    files = {
        **{name: web_files()[path] for name, path in SHARED.items()},
        "site.conf": text,
        Path(brotli.FILE).name: "# No module is loaded here.\n",
    }
    if site.is_edge:
        places[Layout(site.name).webs] = f"{folder}/webs.conf"
        files["webs.conf"] = render.webs(site, Layout(site.name))
    if names:
        found = NginxFound.model_validate(facts.nginx(str(NGINX)))
        shared = https.nginx_files(site, BARE.model_copy(update={"nginx": found}))
        files |= {"https.conf": shared[https.HTTPS], "default-https.conf": shared[https.DEFAULT]}
        placeholder.main({"paths": [str(folder / name) for name in names], "aside": "new"})
    if site.tls and site.tls.client_ca:
        (folder / "clients.pem").write_text(site.tls.client_ca)
    for name, content in files.items():
        for there, here in places.items():
            content = content.replace(there, here)
        (folder / name).write_text(content)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; events {{}}\n"
        f"http {{ access_log {folder}/access; include /etc/nginx/mime.types; {temporary}\n"
        + "".join(f"include {folder}/{name};\n" for name in files if name not in PARTS)
        + "}\n"
    )
    return main


def words(main: Path, *more: str) -> list[str]:
    return [str(NGINX), "-p", str(main.parent), "-e", f"{main.parent}/err", "-c", str(main), *more]


def checked(main: Path) -> subprocess.CompletedProcess[str]:
    """Let nginx check a configuration."""
    return subprocess.run(words(main, "-t"), capture_output=True, text=True, check=False)


class Echo(BaseHTTPRequestHandler):
    """Answer with the name of the pool and the request's headers, as JSON."""

    def do_GET(self) -> None:
        body = json.dumps(
            {
                "pool": Path(str(self.server.server_address)).stem,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
            }
        ).encode()
        self.send_response(200)
        self.send_header("X-Release", "r1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Upstream(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64  # five is what it has, and nginx says 503 to the sixth


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def echo(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Web:
    """A running nginx."""

    port: int
    https: int = 0

    def get(self, host: str, path: str = "/", client: str = "127.0.0.1", **headers: str) -> Answer:
        """Ask as ``client``, an address of the loopback network."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=10, source_address=(client, 0)
        )
        return answered(connection, host, path, headers)

    def get_securely(self, host: str, path: str = "/", named: str = "") -> Answer:
        """Ask over https for what may be another host than the one ``named`` before."""
        connection = SecureConnection(named or host, 10)
        connection.port = self.https
        return answered(connection, host, path, {})


T = TypeVar("T")


def all_at_once(asks: Sequence[Callable[[], T]]) -> list[T]:
    """Ask all of it at the same time."""
    with ThreadPoolExecutor(len(asks)) as threads:
        return [asked.result() for asked in [threads.submit(ask) for ask in asks]]


def answered(
    connection: http.client.HTTPConnection, host: str, path: str, headers: dict[str, str]
) -> Answer:
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": host, **named})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()


@contextmanager
def running(site: Site, folder: Path) -> Iterator[Web]:
    """Start nginx and an upstream for each pool."""
    with ExitStack() as stack:
        for pool in {app.pool for app in site.apps}:
            upstream = stack.enter_context(Upstream(f"{folder}/{pool}.sock", Echo))
            threading.Thread(target=upstream.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(upstream.shutdown)
        yield stack.enter_context(fronting(site, folder))


@contextmanager
def fronting(
    site: Site,
    folder: Path,
    instead: Mapping[str, str] = MappingProxyType({}),
    *others: tuple[Site, Path],
    port: int = 0,
) -> Iterator[Web]:
    """Start nginx alone, before the sockets POOL.sock in ``folder``.

    It is at ``port``, a free one without. Of ``others`` site.conf is written, which may be
    included ``instead`` of something.
    """
    port, https_port = port or free_port(), free_port()
    for other, there in others:
        configured(other, there, port, https_port)
    main = configured(site, folder, port, https_port, instead)
    process = subprocess.Popen(words(main), stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process, folder / "err")
        yield Web(port, https_port)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nobody has, and that the kernel gives to nobody who connects.

    Those are from 32768 on (ip(7), ``ip_local_port_range``), and one of them that is free may
    be any client's by the time that nginx listens.
    """
    while True:
        port = secrets.choice(range(10_000, 32_768))
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        return port


def wait_for(port: int, process: subprocess.Popen[bytes], errors: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < deadline, "nginx does not come up"
            time.sleep(0.01)
        else:
            return

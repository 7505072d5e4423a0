"""A site behind nginx as servers have it: two workers, room for many connections."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.serve.places import Place, end, process
from deploy.onhost.widen import widened
from dispatcher.registry.site_toml import load
from tests.deploy.webserver import configured, wait_for
from tests.deploy.webserver import words as nginx_words
from tests.integration.served import free_port, until, with_all_children

HOST = "example.org"
SIZES = {"small.css": 2_000, "site.js": 100_000, "photo.jpg": 1_000_000}
MARK = "0123456789abcdef"

APP = """\
from flask import Flask

def create_app():
    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def home():
        return "hello"

    return app
"""
SITE = f"""\
name = "bench"
domain = "{HOST}"
[apps.app]
app = "app:create_app"
path = "/"
"""


class Front(NamedTuple):
    port: int
    folder: Path


@contextmanager
def running(folder: Path) -> Iterator[Front]:
    """Serve one Flask app of static files and a page, its files known to nginx as well."""
    with ExitStack() as stack:
        folder.chmod(0o755)
        (folder / "site.toml").write_text(SITE)
        (folder / "app.py").write_text(APP)
        write_files(folder)
        gunicorn = process(folder, Place("edge"), "default.sock", f"127.0.0.1:{free_port()}")
        stack.callback(with_all_children, gunicorn)
        port = free_port()
        main = configured(load(folder / "site.toml"), folder, port)
        text = main.read_text().replace("worker_processes 1;", "worker_processes 2;")
        main.write_text(widened(text.replace("events {}", "\nevents {\n}\n")))
        nginx = subprocess.Popen(nginx_words(main), stderr=subprocess.DEVNULL)
        stack.callback(end, nginx)
        wait_for(port, nginx, folder / "err")
        until("the app listens", (folder / "default.sock").exists)
        yield Front(port, folder)


def write_files(folder: Path) -> None:
    """Write each file for the app, and marked for nginx."""
    own, front = folder / "static", folder / "static" / "app" / "static"
    front.mkdir(parents=True)
    for name, size in SIZES.items():
        (own / name).write_bytes(bytes(size))
        (front / marked(name)).write_bytes(bytes(size))


def marked(name: str) -> str:
    stem, _, suffix = name.partition(".")
    return f"{stem}.{MARK}.{suffix}"

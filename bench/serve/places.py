"""A site of ten apps, or one app without us, served by real gunicorns behind a real nginx."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dispatcher.registry.site_toml import load
from tests.deploy.webserver import configured, wait_for
from tests.deploy.webserver import words as nginx_words
from tests.integration.served import environment, free_port, until, with_all_children

PYTHON = os.environ.get("BENCH_PYTHON", sys.executable)
"""The interpreter that gunicorn runs with: that of a developer has more to import."""

APPS = 10
HOST = "example.org"

APP = """\
import time
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

def create_app(seconds=0):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    app = Flask(__name__)
    app.secret_key = "of the benchmark"

    @app.route("/", methods=["GET", "POST"])
    def home():
        return "hello"

    return app

def behind_nginx():
    app = create_app()
    app.wsgi_app = ProxyFix(app.wsgi_app)
    return app
"""
"""The smallest app that has sessions: with a secret key Flask looks for one in each request."""

NO_YIELD = """\
from dispatcher import gunicorn as ours
globals().update({k: v for k, v in vars(ours).items() if k != "pre_request" and k[0] != "_"})
"""
"""gunicorn's settings as we have them, without what lets others go first. The app of a line
of the log is not reset either, which costs 0.2 µs."""

PLAIN = ("--worker-class", "gevent", "--workers", "1", "--no-control-socket")
"""A gunicorn without us: what its documentation has, one worker."""


@dataclass(frozen=True, slots=True)
class Place:
    """One way to serve."""

    name: str
    bare: str = ""
    """The one app that gunicorn calls itself, with nothing of ours; empty where ours serves."""

    app: str = ""
    """Lines of each app's table in site.toml."""

    pool: tuple[str, ...] = ("workers = 1",)
    """Lines of the pool's table in site.toml."""

    words: tuple[str, ...] = ()
    """More for gunicorn."""

    yields: bool = True
    kept: int = 0
    """How many connections to gunicorn nginx keeps; as generated it keeps none."""

    paths: tuple[str, ...] = tuple(f"/app{number}/" for number in range(APPS))


@dataclass(frozen=True, slots=True)
class Running:
    """A place that serves, at two ports: nginx's, and gunicorn's own."""

    place: Place
    folder: Path
    port: int
    direct: int
    master: int
    nginx: int

    @property
    def servers(self) -> tuple[int, ...]:
        """All processes that serve: gunicorn's and nginx's."""
        return (*family(self.master), *family(self.nginx))


@contextmanager
def running(above: Path, *places: Place) -> Iterator[dict[str, Running]]:
    """Serve at all places at once: one that nobody asks costs nothing."""
    with ExitStack() as stack:
        started = [start(stack, above, place) for place in places]
        for one in started:
            sock = one.folder / "default.sock"
            until(f"{one.place.name} listens", lambda sock=sock: answers(sock))  # type: ignore[misc]
        yield {one.place.name: one for one in started}


def start(stack: ExitStack, above: Path, place: Place) -> Running:
    folder = written(above, place)
    direct = free_port()
    gunicorn = process(folder, place, "default.sock", f"127.0.0.1:{direct}")
    stack.callback(with_all_children, gunicorn)
    port, nginx = front(stack, folder, place)
    return Running(place, folder, port, direct, gunicorn.pid, nginx)


def front(stack: ExitStack, folder: Path, place: Place) -> tuple[int, int]:
    """Start nginx as `deploy.server.render` configures it; return its port and process id."""
    port = free_port()
    main = configured(load(folder / "site.toml"), folder, port)
    if place.kept:
        conf = folder / "site.conf"
        kept = f"fail_timeout=0; keepalive {place.kept};"
        conf.write_text(conf.read_text().replace("fail_timeout=0;", kept))
    nginx = subprocess.Popen(nginx_words(main), stderr=subprocess.DEVNULL)
    stack.callback(end, nginx)
    wait_for(port, nginx, folder / "err")
    return port, nginx.pid


def written(above: Path, place: Place) -> Path:
    """Write the registry, the apps, and gunicorn's settings without the yield; return where."""
    folder = above / str(len(list(above.iterdir())))
    folder.mkdir()
    prefixes = {name: "" if place.bare else f"/{name}" for name in names(1 if place.bare else APPS)}
    apps = (
        f'[apps.{name}]\napp = "{name}:create_app"\npath = "{prefix or "/"}"\n{place.app}'
        for name, prefix in prefixes.items()
    )
    lines = ['name = "bench"', f'domain = "{HOST}"', *apps, "[pools.default]", *place.pool]
    (folder / "site.toml").write_text("\n".join(lines))
    for name in names(APPS):
        (folder / f"{name}.py").write_text(APP)
    (folder / "no_yield.py").write_text(NO_YIELD)
    return folder


def names(count: int) -> list[str]:
    return [f"app{number}" for number in range(count)]


def process(
    folder: Path, place: Place, sock: str, *binds: str, **variables: str
) -> subprocess.Popen[bytes]:
    """Start gunicorn at a socket in ``folder``; its log goes to a file there."""
    binding = [word for bind in (f"unix:{folder / sock}", *binds) for word in ("--bind", bind)]
    if place.bare:
        own = [*PLAIN, place.bare]
    else:
        own = ["--config", "python:dispatcher.gunicorn" if place.yields else "python:no_yield"]
    environ = environment()
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [PYTHON, "-m", "gunicorn", *binding, *own, *place.words],
            cwd=folder,
            env={
                **environ,
                "PYTHONPATH": f"{folder}{os.pathsep}{environ['PYTHONPATH']}",
                "DISPATCHER_PROXIES": "1",
                "DISPATCHER_LOG": "json",
                **variables,
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def end(nginx: subprocess.Popen[bytes]) -> None:
    nginx.terminate()
    nginx.wait()


def family(pid: int) -> tuple[int, ...]:
    """Return a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (pid, *map(int, children))


def answers(sock: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(sock)) == 0


def needed() -> list[str]:
    """Return the programs that are not there, with the Debian package of each."""
    where = f"{os.environ.get('PATH', '')}:/usr/sbin"
    programs = {"nginx": "nginx-light", "wrk": "wrk"}
    return [package for name, package in programs.items() if not shutil.which(name, path=where)]

"""Ten apps on one server, of which one does something terrible; what becomes of each is counted.

Five share a pool, and five have one each. The terrible one is of the five, so that three
kinds of visitors are told apart: its own, those of the apps in its pool, and all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.deployment.faults.servers import DEAF
from tests.deployment.faults.visitors import Visit
from tests.deployment.project import DOMAIN, Project
from tests.deployment.traffic import Ask

APPS = tuple(f"app{number}" for number in range(10))
TOGETHER = 5
TERRIBLE = APPS[0]

SLOW_SECONDS = 1.0

APP = '''\
"""Says who answers; and does what it is told to, to itself."""

import os
import signal
import socket
import time

if os.path.exists(f"{os.environ['STATE_DIRECTORY']}/broken"):
    os._exit(1)

kept = []


def application(environ, start_response):
    name = environ["SCRIPT_NAME"].strip("/")
    DOES.get(environ["PATH_INFO"].strip("/"), work)()
    body = f"{name} {os.environ['DISPATCHER_RELEASE']}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def work():
    time.sleep(0.05)


def spin():
    while True:
        pass


def eat():
    while True:
        kept.append(b"x" * 4_000_000)


def leak():
    while True:
        kept.append(os.dup(0))


DOES = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "behead": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "spin": spin,
    "eat": eat,
    "leak": leak,
    "hang": lambda: time.sleep(30),
    "resolve": lambda: socket.getaddrinfo("database.example.net", 5432),
}
'''

# All visitors have one address here, who would be held to the limits of one.
TABLES = """
[limits]
per_second = 0
at_once = 0

[pools.together]
workers = 2
timeout = 3
memory = "300M"
network = ["127.0.0.9"]
"""


def settle(project: Project) -> str:
    """Make it the site of the project; return its release."""
    (project.folder / "apps" / "ten.py").write_text(APP)
    site = project.folder / "site.toml"
    text = site.read_text()
    servers = text[text.index("\n[servers.") :]
    tables = [f'name = "yard"\ndomain = "{DOMAIN}"\nwatch_seconds = 0\n', TABLES]
    for number, app in enumerate(APPS):
        pool = "together" if number < TOGETHER else f"own{number}"
        place = f'app = "apps.ten:application"\npath = "/{app}"\npool = "{pool}"\n'
        tables.append(f"\n[apps.{app}]\n{place}")
        if number >= TOGETHER:
            tables.append(f"\n[pools.{pool}]\nworkers = 1\n")
    site.write_text("".join(tables) + servers)
    return project.commit("ten apps")


def asks(release: str) -> tuple[Ask, ...]:
    """Return a request for each app, which only that app of that release answers rightly."""
    return tuple(
        Ask("GET", DOMAIN, f"/{app}/", re.compile(rf"^({app} {release})$")) for app in APPS
    )


@dataclass(frozen=True, slots=True)
class Terror:
    """What one app does, and whom it may cost an answer."""

    what: str
    path: str
    """What it is asked for."""

    ends: str
    times: int = 1
    """How often: with as many as there are workers, all of them are hit."""

    before: str = ""
    after: str = ""
    """What makes it so and ends it, run by a shell of root's."""

    cuts: bool = False
    """Whether requests that are under way in its pool are cut off."""


STATE = "/var/lib/yard/together"

TERRORS = {
    "kill": Terror(
        "kills its worker (`kill -9`)", "kill", "gunicorn starts another worker", cuts=True
    ),
    "behead": Terror(
        "kills its gunicorn master (`kill -9`)",
        "behead",
        "systemd starts the pool again after 0.2 s; its socket keeps who comes meanwhile",
        cuts=True,
    ),
    "die": Terror(
        "kills its master, and then dies at each start, six times",
        "behead",
        "systemd goes on trying, and the socket goes on keeping who comes",
        before=f"touch {STATE}/broken",
        after="timeout 60 sh -c 'until [ $(systemctl show -P NRestarts $0) -ge 6 ]; "
        f"do sleep 0.1; done' 'yard-together@*.service' && rm {STATE}/broken",
        cuts=True,
    ),
    "spin": Terror(
        "loops for ever, in both workers of its pool",
        "spin",
        "gunicorn kills the workers after `timeout`, here 3 s",
        times=2,
        cuts=True,
    ),
    "eat": Terror(
        "takes memory without end",
        "eat",
        "the kernel kills that worker at the pool's `memory`, here 300 MB; gunicorn starts another",
        cuts=True,
    ),
    "leak": Terror(
        "opens files without end, in both workers of its pool",
        "leak",
        "the workers are replaced within about a second",
        times=4,
        cuts=True,
    ),
    "hang": Terror(
        "lets 900 requests hang", "hang", "nginx and its pool have room for the others", times=900
    ),
    "resolve": Terror(
        "asks for a name twenty times, of a name server that never answers",
        "resolve",
        "the resolver gives up, here after 2 s",
        times=20,
        before=DEAF[0],
        after=DEAF[1],
    ),
}


def near(visit: Visit) -> str:
    """Return who a visitor came to: the app itself, one of its pool, or another."""
    app = visit.ask.path.strip("/")
    return "itself" if app == TERRIBLE else "pool" if APPS.index(app) < TOGETHER else "others"


def count(visits: Iterable[Visit]) -> dict[str, list[int]]:
    """Return how many were sent to each of these, how many lost, and how many answered slowly."""
    found = {"itself": [0, 0, 0], "pool": [0, 0, 0], "others": [0, 0, 0]}
    for visit in visits:
        lost = visit.said is None
        for place, one in enumerate((True, lost, not lost and visit.seconds > SLOW_SECONDS)):
            found[near(visit)][place] += one
    return found

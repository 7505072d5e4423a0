"""An app with a database, workers and a schedule, and what its jobs did on a server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab

STATE = "/var/lib/yard/default"

MEMBERS = '''\
"""An app with a database, tasks that take a while, and a clock."""

import os
import signal
import sqlite3
import time
from pathlib import Path

STATE = Path(os.environ.get("STATE_DIRECTORY", "instance"))
VERSION = "one"


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [VERSION.encode()]


def note(file, *words):
    with (STATE / file).open("a") as log:
        print(f"{time.time():.3f}", VERSION, os.getuid(), *words, file=log, flush=True)


def migrate():
    note("migrated", "keys" if os.listdir(os.environ["CREDENTIALS_DIRECTORY"]) else "none")
    with sqlite3.connect(STATE / "members.db") as database:
        database.execute("CREATE TABLE IF NOT EXISTS member (name)")


def work():
    """Do a task of two seconds for each file of the queue; end after the one under way."""
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    (STATE / "queue").mkdir(exist_ok=True)
    print("works as", VERSION, flush=True)
    while not ended:
        for task in sorted((STATE / "queue").iterdir()):
            task.unlink()
            note("tasks", "begins", task.name)
            end = time.monotonic() + 2
            while time.monotonic() < end:
                time.sleep(0.05)
            note("tasks", "ended", task.name)
            break
        time.sleep(0.02)
    raise SystemExit(0)


def tick():
    """Say each tenth of a second that it runs, and when it begins and ends."""
    note("ticks", "begins")
    try:
        while True:
            time.sleep(0.1)
            note("ticks", "runs")
    finally:
        note("ticks", "ended")
'''

TABLE = """
[apps.members]
app = "apps.members:application"
path = "/members"
migrate = "apps.members:migrate"
migrate_seconds = 3
migrate_on = "one"
schedule = "apps.members:tick"
workers.mail = "apps.members:work"
"""


def version(project: Project, name: str, more: str = "") -> str:
    """Commit a version of the app, with more code at its end."""
    text = re.sub(r'VERSION = "\w+"', f'VERSION = "{name}"', MEMBERS)
    (project.folder / "apps" / "members.py").write_text(text + more)
    return project.version(name)


def lines(lab: Lab, host: Host, file: str) -> list[list[str]]:
    said = lab.run(host, "cat", f"{STATE}/{file}", check=False).stdout
    return [line.split() for line in said.splitlines()]


def units(
    lab: Lab, host: Host, kind: str, app: str = "members", states: str = "active"
) -> list[str]:
    """Return the releases of which jobs of a kind are in one of some states, comma-separated."""
    words = ("systemctl", "list-units", "--plain", "--no-legend", f"--state={states}")
    found = lab.run(host, *words, f"yard-default.{kind}.{app}*").stdout
    return re.findall(r"@([^.]+)\.service", found)


def until(
    so: Callable[[], bool], seconds: float = 20, told: Callable[[], object] = lambda: ""
) -> None:
    """Return once something is so; fail saying what ``told`` returns."""
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, f"it does not become so: {told()}"
        time.sleep(0.1)

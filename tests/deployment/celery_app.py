"""An app whose tasks Celery works off, with a folder for a broker, and what a site needs for it."""

from __future__ import annotations

import re

from tests.deployment.project import ROOT

CELERY = (
    *("amqp", "billiard", "celery", "click-didyoumean", "click-plugins", "click-repl", "kombu"),
    *("prompt-toolkit", "python-dateutil", "six", "tzdata", "tzlocal", "vine", "wcwidth"),
)
"""What a site needs that depends on Celery and has no broker but a folder."""

CLUB = '''\
"""Has a worker of Celery's, whose broker is a folder below the state directory."""

import os
import time
from pathlib import Path

from celery import Celery
from flask import Flask

VERSION = "one"
STATE = Path(os.environ["STATE_DIRECTORY"], "club")
FOLDERS = {name: STATE / name for name in ("queue", "processed", "control")}
for folder in FOLDERS.values():
    folder.mkdir(parents=True, exist_ok=True)

tasks = Celery("club", broker="filesystem://")
tasks.conf.broker_connection_retry_on_startup = True
tasks.conf.worker_prefetch_multiplier = 1
tasks.conf.broker_transport_options = {
    "data_folder_in": str(FOLDERS["queue"]),
    "data_folder_out": str(FOLDERS["queue"]),
    "processed_folder": str(FOLDERS["processed"]),
    "control_folder": str(FOLDERS["control"]),
    "store_processed": False,
}


def note(*words):
    with (STATE / "log").open("a") as log:
        print(*words, file=log)


@tasks.task
def send(name):
    note("begins", name, VERSION)
    while name == "long" and not (STATE / "enough").exists():
        time.sleep(0.05)
    note("ended", name, VERSION)


def create_app():
    return Flask(__name__)
'''

TABLE = """
[apps.club]
app = "apps.club:create_app"
path = "/club"
workers.mail = "celery --app apps.club:tasks worker --concurrency 1 --loglevel INFO"
"""


def locked() -> str:
    """Return the lines of requirements/test.txt that lock Celery."""
    text = (ROOT / "requirements" / "test.txt").read_text()
    blocks = re.findall(r"(?m)^[a-z][^\n]*\n(?:    [^\n]*\n)*", text)
    return "".join(one for one in blocks if re.split(r"[=\[]", one)[0] in CELERY)

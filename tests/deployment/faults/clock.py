"""A server, and a deployer, whose clock ran a day ahead and was then set back.

The hosts of a lab have the clock of this machine, which nobody may set. So what differs is done to
what such a clock leaves behind: an agent whose `time.time` is a day ahead writes the records, all
files are dated a day ahead, and the commit that comes next is two days older than what is live.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deployment.faults.gate import AGENT
from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab

DAY_SECONDS = 86_400

AHEAD = f"""\
import runpy, sys, time

now = time.time
time.time = lambda: now() + {DAY_SECONDS}
sys.argv[1:] = ["yard"]
runpy.run_module("deploy.agent", run_name="__main__")
"""

UNIT = """\
[Service]
ExecStart=
ExecStart=/srv/yard/agent/venv/bin/python -I /run/ahead.py
"""

FOLDERS = "/srv/yard /var/lib/flaskyard /etc/flaskyard /etc/nginx /etc/systemd/system /run/yard"


@contextmanager
def a_day_ahead(lab: Lab, host: Host) -> Iterator[None]:
    """Have the server's clock a day ahead; set back at the end, all files are from the future."""
    drop_in = f"/etc/systemd/system/{AGENT}.d"
    lab.run(host, "tee", "/run/ahead.py", feed=AHEAD)
    lab.run(host, "mkdir", "-p", drop_in)
    lab.run(host, "tee", f"{drop_in}/ahead.conf", feed=UNIT)
    again = f"systemctl daemon-reload; systemctl stop {AGENT}"
    lab.run(host, "sh", "-ec", again)
    try:
        yield
    finally:
        lab.run(host, "sh", "-ec", f"rm -r {drop_in} /run/ahead.py; {again}")
        lab.run(host, "sh", "-ec", f"find {FOLDERS} -exec touch -h -d tomorrow {{}} +")


def dated(project: Project, seconds: float) -> str:
    """Give the last commit another time, so long from now; return the id of its release."""
    when = f"{time.time() + seconds:.0f} +0000"
    subprocess.run(
        ("git", "-C", str(project.folder), "commit", "--quiet", "--amend", "--no-edit"),
        env={**os.environ, "GIT_COMMITTER_DATE": when, "HOME": str(project.folder)},
        check=True,
    )
    return project.head()

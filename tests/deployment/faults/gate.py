"""Stop an agent right after a record of its journal, to the record: no race decides where.

The agent runs as always, begun by a program of the test's that counts the records. At the
one that is asked for it says so and stands still, until it is killed or let go.
"""

from __future__ import annotations

import json
import subprocess
import time

from tests.lab.host import Host
from tests.lab.lab import Lab

PATIENCE_SECONDS = 60
PLACE, KEPT = "/run/gate", "/var/lib/gate.py"
AGENT = "flaskyard-agent@yard.service"

PROGRAM = f'''\
import runpy, sys, time
from pathlib import Path
from deploy.protocol import journal

place = Path("{PLACE}")
write = journal.Journal.write


def gated(self, kind, **what):
    write(self, kind, **what)
    try:
        wanted = (place / "wanted").read_text()
    except OSError:
        return
    record = self.records[-1]
    said = [record["kind"], record.get("note") or record.get("order") or ""]
    if wanted == str(len(self.records)) or " ".join(said).startswith(wanted):
        (place / "wanted").unlink()
        (place / "reached").touch()
        while (place / "reached").exists():
            time.sleep(0.005)


journal.Journal.write = gated
sys.argv[1:] = ["yard"]
runpy.run_module("deploy.agent", run_name="__main__")
'''

UNIT = f"""\
[Service]
ExecStart=
ExecStart=/srv/yard/agent/venv/bin/python -I {KEPT}
"""


class Gate:
    """The gate of one host."""

    def __init__(self, lab: Lab, host: Host) -> None:
        """Put it in the agent's way; systemd begins the next agent with it, at each boot too."""
        self.lab, self.host = lab, host
        drop_in = "/etc/systemd/system/flaskyard-agent@yard.service.d"
        lab.run(host, "mkdir", "-p", drop_in)
        lab.run(host, "tee", f"{drop_in}/gate.conf", feed=UNIT)
        lab.run(host, "tee", KEPT, feed=PROGRAM)
        lab.run(host, "sync")
        lab.run(host, "systemctl", "daemon-reload")
        lab.run(host, "systemctl", "stop", AGENT)

    def close_at(self, record: int | str) -> None:
        """Let the agent stand still at a record: a number, from 1, or how it begins.

        As in ``step go live``, ``waits publish``, ``order settle``, ``end``.
        """
        self.lab.run(self.host, "mkdir", "-p", PLACE)
        self.lab.run(self.host, "tee", f"{PLACE}/wanted", feed=str(record))

    def until(self, kind: str, order: str = "") -> None:
        """Return once the last record of the journal is of a kind, and of an order if any."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            last = (self.journal() or [{"kind": ""}])[-1]
            if (last["kind"], last.get("order", "")) == (kind, order):
                return
            assert time.monotonic() < end, f"it never came to {kind} {order}: {last}"
            time.sleep(0.05)

    def wait(self) -> None:
        """Return once it does."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.is_reached():
            assert time.monotonic() < end, "the agent never came that far"
            time.sleep(0.02)

    def reached(self, running: subprocess.Popen[str]) -> bool:
        """Return once it does, or once the task that was to bring it there has ended."""
        while running.poll() is None:
            if self.is_reached():
                return True
            time.sleep(0.02)
        return False

    def is_reached(self) -> bool:
        there = self.lab.run(self.host, "test", "-e", f"{PLACE}/reached", check=False)
        return there.returncode == 0

    def let_go(self) -> None:
        self.lab.run(self.host, "rm", "-f", f"{PLACE}/reached", f"{PLACE}/wanted")

    def kill(self) -> None:
        """Kill the agent where it stands, as the kernel would."""
        self.lab.run(self.host, "systemctl", "kill", "--signal=KILL", "--kill-whom=main", AGENT)
        self.let_go()

    def journal(self) -> list[dict[str, str]]:
        """Return the records of the last transaction."""
        folder = "/var/lib/flaskyard/yard/transactions"
        script = f'cat "{folder}/$(ls {folder} | sort -n | tail -1)/journal"'
        lines = self.lab.run(self.host, "sh", "-c", script).stdout.splitlines()
        return [json.loads(line) for line in lines]


def points(records: list[dict[str, str]]) -> dict[int, str]:
    """Return the records at which something is about to be done, by number, with what it is."""
    return {
        number: record.get("note") or f"{record['kind']} {record.get('order', '')}".strip()
        for number, record in enumerate(records, 1)
        if record["kind"] in ("begin", "step", "waits", "order", "end")
    }

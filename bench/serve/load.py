"""How many requests a second, how slow the slowest, and for how much processor time?"""

from __future__ import annotations

import http.client
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bench.serve.places import HOST, Running

TICKS = os.sysconf("SC_CLK_TCK")

SCRIPT = """\
local paths, asked, at = {%s}, {}, 0
function init() for i, path in ipairs(paths) do asked[i] = wrk.format("GET", path) end end
function request() at = at %% #asked + 1; return asked[at] end
function done(seen, latency)
  local e = seen.errors
  print(seen.requests, seen.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout)
end
"""


class Load(NamedTuple):
    """What one run of wrk saw."""

    rate: float
    """Requests a second."""

    p50: float
    """Milliseconds, as the next two."""

    p99: float
    slowest: float
    failed: int
    cpu: float
    """Microseconds of processor time a request took nginx and gunicorn together."""


def load(at: Running, connections: int, seconds: float, *, direct: bool = False) -> Load:
    """Ask as fast as ``connections`` clients can, that keep theirs, all apps in turn.

    ``direct`` asks gunicorn itself. wrk counts whole seconds; less than one becomes one.
    """
    script = at.folder / "ask.lua"
    script.write_text(SCRIPT % ", ".join(f'"{path}"' for path in at.place.paths))
    port = at.direct if direct else at.port
    words = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
    servers = at.servers
    before = used(servers)
    ran = subprocess.run(
        [*words, "-H", f"Host: {HOST}", f"http://127.0.0.1:{port}/"],
        capture_output=True,
        text=True,
        check=True,
    )
    cpu = used(servers) - before
    many, took, p50, p99, slowest, failed = map(float, ran.stdout.splitlines()[-1].split())
    return Load(many / took, p50, p99, slowest, int(failed), cpu / many * 1e6)


def used(pids: Iterable[int]) -> float:
    """Return the seconds of processor time that processes have had (proc(5))."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def settle(at: Running, requests: int = 100) -> None:
    """Ask all apps in turn, so that nothing is done for the first time later."""
    connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=30)
    for number in range(requests):
        path = at.place.paths[number % len(at.place.paths)]
        connection.request("GET", path, headers={"Host": HOST})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, f"{at.place.name}: {answer.status} {body!r}"
    connection.close()

"""Static files: nginx's own, against the same app serving them itself behind it."""

from __future__ import annotations

import subprocess
from typing import NamedTuple

from bench.edge.front import HOST, SIZES, Front, marked
from bench.serve.tables import Cells, ratio, spread

CLIENTS = 16


class File(NamedTuple):
    """Requests a second for one file."""

    name: str
    nginx: float
    app: float


def measure(front: Front, rounds: int, seconds: int) -> list[File]:
    return [
        File(name, rate(front, marked(name), seconds), rate(front, name, seconds))
        for _ in range(rounds)
        for name in SIZES
    ]


def rate(front: Front, name: str, seconds: int) -> float:
    """Ask for one file as fast as the clients can; raises where one answer is no success."""
    words = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-H", f"Host: {HOST}"]
    ran = subprocess.run(
        [*words, f"http://127.0.0.1:{front.port}/static/{name}"],
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in ran.stdout or "Socket errors" in ran.stdout:
        raise RuntimeError(f"{name}: {ran.stdout}")
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("Requests/sec:"))
    return float(line.split()[1])


HEAD = ("file", "nginx, requests/s", "the app, requests/s", "nginx to the app")


def rows(files: list[File]) -> list[Cells]:
    lines: list[Cells] = []
    for name, size in SIZES.items():
        these = [file for file in files if file.name == name]
        nginx, app = [file.nginx for file in these], [file.app for file in these]
        lines.append(
            (f"{size // 1000} kB", spread(nginx, ",.0f"), spread(app, ",.0f"), ratio(nginx, app))
        )
    return lines

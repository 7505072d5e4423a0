"""What a good visitor sees meanwhile: an open loop of GETs over kept connections."""

from __future__ import annotations

import http.client
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from bench.edge.front import HOST, Front
from bench.serve.tables import Cells, ratio, spread
from tests.integration.served import ROOT

EVERY_SECONDS = 0.02
CROWDS = {
    "6,000 idle connections, 5,000 slow headers, 5,000 slow bodies, of one address": (
        ("idle", 6_000, 1),
        ("headers", 5_000, 1),
        ("bodies", 5_000, 1),
    ),
    "the same, each of an address of its own": (
        ("idle", 6_000, 6_000),
        ("headers", 5_000, 5_000),
        ("bodies", 5_000, 5_000),
    ),
    "a flood of one address, 50 connections": (("flood", 50, 1),),
    "a flood of one address, 1,000 connections": (("flood", 1_000, 1),),
}
FEW = "a few of each"
"""Only to see that it can be measured."""

GROUPS = {**CROWDS, FEW: (("idle", 5, 1), ("headers", 5, 5), ("bodies", 5, 1), ("flood", 250, 1))}


class Seen(NamedTuple):
    sent: int
    failed: int
    p99: float
    """Milliseconds, from when each was due."""


class Turn(NamedTuple):
    """What good visitors saw before a crowd came, and beside it."""

    crowd: str
    quiet: Seen
    beside: Seen
    told: str
    """What the crowd was answered."""


def visit(front: Front, seconds: float) -> Seen:
    """Ask for a while."""
    kept: queue.SimpleQueue[http.client.HTTPConnection] = queue.SimpleQueue()
    took: list[float] = []
    failed: list[str] = []
    lock = threading.Lock()

    def ask(due: float) -> None:
        try:
            connection = kept.get_nowait()
        except queue.Empty:
            connection = http.client.HTTPConnection(
                "127.0.0.1", front.port, timeout=10, source_address=("127.0.0.60", 0)
            )
        try:
            connection.request("GET", "/", headers={"Host": HOST})
            answer = connection.getresponse()
            body = answer.read()
            fault = "" if (answer.status, body) == (200, b"hello") else str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            fault = repr(error)
            connection.close()
        kept.put(connection)
        with lock:
            took.append(time.monotonic() - due)
            failed.extend([fault] if fault else ())

    start = time.monotonic()
    with ThreadPoolExecutor(64) as threads:
        for number in range(int(seconds / EVERY_SECONDS)):
            due = start + number * EVERY_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
            threads.submit(ask, due)
    while not kept.empty():
        kept.get().close()
    ordered = sorted(took)
    return Seen(len(took), len(failed), 1000 * ordered[int(len(ordered) * 0.99) - 1])


@contextmanager
def crowd(front: Front, groups: tuple[tuple[str, int, int], ...]) -> Iterator[list[str]]:
    """Have the crowd there; the list says what it was answered, once the block has ended."""
    told: list[str] = []
    with ExitStack() as stack:
        there = []
        for kind, count, addresses in groups:
            words = ["-m", "bench.edge.crowd", str(front.port), kind, str(count), str(addresses)]
            one = subprocess.Popen(
                ["chrt", "--idle", "0", sys.executable, *words],  # as if from another machine
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(one.wait)
            stack.callback(one.kill)
            there.append((kind, one))
        for kind, one in there:
            assert one.stdout
            if one.stdout.readline() != "there\n":
                raise RuntimeError(f"{kind}: the crowd did not come")
        yield told
        for kind, one in there:
            said, _ = one.communicate()
            told.append(f"{kind} {said.strip() or 'nothing'}")


def measure(front: Front, rounds: int, seconds: float, crowds: tuple[str, ...]) -> list[Turn]:
    found = []
    for _ in range(rounds):
        for name in crowds:
            quiet = visit(front, seconds)
            with crowd(front, GROUPS[name]) as told:
                beside = visit(front, seconds)
            found.append(Turn(name, quiet, beside, "; ".join(told)))
    return found


HEAD = ("crowd", "asked beside it", "failed", "p99 quiet, ms", "p99 beside it, ms", "ratio")


def rows(turns: list[Turn]) -> list[Cells]:
    lines: list[Cells] = []
    for name in dict.fromkeys(turn.crowd for turn in turns):
        these = [turn for turn in turns if turn.crowd == name]
        quiet, beside = [turn.quiet.p99 for turn in these], [turn.beside.p99 for turn in these]
        lines.append(
            (
                name,
                f"{sum(turn.beside.sent for turn in these):,}",
                str(sum(turn.beside.failed for turn in these)),
                spread(quiet, ".1f"),
                spread(beside, ".1f"),
                ratio(beside, quiet),
            )
        )
    return lines

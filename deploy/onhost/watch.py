"""Watch a release that has just gone live, for a while, and say if it is worse than the last.

What is looked at: whether its units run and did not restart, whether every pool says that it
is ready, and what its apps' answers were, beside those of the release before.
"""

import http.client
import re
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from deploy.onhost.ask import Unwell, get, ready

PAUSE_SECONDS = 0.5
ERRORS, SHARE = 5, 0.05
"""As many errors, in as great a share of all answers, are too many, unless that is as ever."""

ANSWERS, SLOWER, SLOW_SECONDS = 20, 3.0, 0.1
"""Of so many answers, this many times slower than before and slower than this is too slow."""

SAMPLE = re.compile(
    rb"^dispatcher_(errors_total|request_seconds_sum|request_seconds_count)\{.*\} (.+)$", re.M
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the apps of a pool answered since it started."""

    count: float = 0.0
    errors: float = 0.0
    seconds: float = 0.0

    @property
    def share(self) -> float:
        return self.errors / self.count if self.count else 0.0

    @property
    def mean(self) -> float:
        return self.seconds / self.count if self.count else 0.0


def main(given: dict[str, Any]) -> None:
    """Return once ``seconds`` have passed; raises `Unwell` as soon as something is wrong."""
    end = time.monotonic() + given["seconds"]
    pools = given["pools"]
    restarts = {pool["unit"]: state(pool["unit"]) for pool in pools}
    beside = {unit: state(unit) for unit in given.get("beside", ())}
    before = {pool["name"]: answers(pool["before"]) for pool in pools if pool["before"]}
    first = {pool["name"]: answers(pool["socket"]) for pool in pools}
    troubles: dict[str, int] = {}
    while True:
        for pool in pools:
            look(given["release"], pool, restarts[pool["unit"]], troubles)
            since = difference(answers(pool["socket"]), first[pool["name"]])
            compare(pool["name"], since, before.get(pool["name"], Answers()))
        for unit, was in beside.items():
            if "=active" in was and state(unit) != was:
                raise Unwell(f"{unit} did not go on running: {state(unit)}")
        rest = end - time.monotonic()
        if rest <= 0:
            return
        time.sleep(min(rest, PAUSE_SECONDS))


def look(release: str, pool: dict[str, Any], restarts: str, troubles: dict[str, int]) -> None:
    """Raise `Unwell` for a unit that is not as it was, or a pool that twice was not ready."""
    if state(pool["unit"]) != restarts:
        raise Unwell(f"{pool['unit']} did not go on running: {state(pool['unit'])}")
    try:
        ready(release, pool)
    except (Unwell, OSError, http.client.HTTPException) as error:
        troubles[pool["name"]] = troubles.get(pool["name"], 0) + 1
        if troubles[pool["name"]] > 1:
            raise Unwell(f"{error} (seen twice)") from error


def compare(pool: str, now: Answers, before: Answers) -> None:
    """Raise `Unwell` where the answers are clearly worse than those of the release before."""
    if now.errors >= ERRORS and now.share > max(SHARE, 2 * before.share):
        raise Unwell(f"pool {pool}: {now.errors:.0f} of {now.count:.0f} answers are errors")
    slow = now.mean > max(SLOW_SECONDS, SLOWER * before.mean)
    if now.count >= ANSWERS and before.count >= ANSWERS and slow:
        was = f"{before.mean:.2f} s before"
        raise Unwell(f"pool {pool}: an answer takes {now.mean:.2f} s, {was}")


def difference(now: Answers, first: Answers) -> Answers:
    """Return what was answered in between; all of it where the workers were counted anew."""
    if now.count < first.count:
        return now
    return Answers(now.count - first.count, now.errors - first.errors, now.seconds - first.seconds)


def answers(unix_socket: str) -> Answers:
    """Return what a pool says of its answers; nothing where it cannot tell."""
    try:
        status, _, body = get(unix_socket, "dispatcher.internal", "/metrics")
    except (OSError, http.client.HTTPException):
        return Answers()
    sums = dict.fromkeys((b"errors_total", b"request_seconds_sum", b"request_seconds_count"), 0.0)
    if status == 200:
        for name, value in SAMPLE.findall(body):
            sums[name] += float(value)
    errors, seconds, count = sums.values()
    return Answers(count, errors, seconds)


def state(unit: str) -> str:
    """Return what tells a unit that went on running from one that did not."""
    words = ["systemctl", "show", "--property", "ActiveState,NRestarts,MainPID", "--", unit]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return ", ".join(sorted(said.split()))

"""How are all targets checked at once, yet not too often?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from flask import current_app

from apps.watch.check import Answer, check, open_pool
from apps.watch.db import get_db
from apps.watch.store import claim_round, record
from apps.watch.targets import Target

ROUND_SECONDS = 10  # a check may outlast its timeout: name look-ups, redirects, slow headers


def check_now() -> bool:
    """Check all targets, unless a round began less than ``PAUSE_SECONDS`` ago.

    Returns whether it did. The database is locked before and after, never while
    waiting for the network.
    """
    now = clock()
    if not claim_round(get_db(), now):
        return False
    record(get_db(), check_all(watched()), now)
    return True


def check_all(targets: Sequence[Target], limit_seconds: float = ROUND_SECONDS) -> dict[str, Answer]:
    """Ask all ``targets`` concurrently; who takes longer than the limit is down."""
    overdue = Answer(None, round(limit_seconds * 1000), f"it took longer than {limit_seconds} s")
    executor = ThreadPoolExecutor(len(targets), thread_name_prefix="check")
    try:
        with open_pool() as pool:
            asked = {t.name: executor.submit(check, pool, t.url) for t in targets}
            wait(asked.values(), limit_seconds)
            return {name: f.result() if f.done() else overdue for name, f in asked.items()}
    finally:
        executor.shutdown(wait=False)


def watched() -> tuple[Target, ...]:
    targets: tuple[Target, ...] = current_app.extensions["watch"]
    return targets


def clock() -> float:
    now: float = current_app.config["CLOCK"]()
    return now

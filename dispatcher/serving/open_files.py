"""What becomes of a worker whose apps open files and never close them?

At its limit it could let nobody in, and would say for ever that it is well. A little before, it
is replaced as it is after ``max_requests``: what it has begun, it ends.
"""

import errno
import logging
import os
import resource
import sys
import time
from typing import Any

PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


def replace_when_full(worker: Any) -> None:
    """Have a worker of gunicorn's end when nine tenths of the files it may have are open.

    That is looked at when it gives a sign of life, once a second at most.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return
    most, say_so, again = limit - limit // 10, worker.notify, 0.0

    def notify() -> None:
        nonlocal again
        say_so()
        if time.monotonic() < again:
            return
        again = time.monotonic() + PAUSE_SECONDS
        if worker.alive and open_files() >= most:
            log.warning("%d of %d files that it may have are open: it ends", most, limit)
            worker.alive = False

    worker.notify = notify


def open_files() -> int:
    """Return how many files this process has open; beyond any limit where it can open none."""
    try:
        with os.scandir("/proc/self/fd") as there:
            return sum(1 for _ in there)
    except OSError as error:  # a system without /proc counts as none
        return sys.maxsize if error.errno == errno.EMFILE else 0

"""How long does a cutover take, and how far are servers apart in it?

On each server a process looks at the link that nginx follows, again and again, and notes when it
saw the old one last and the new one first. The hosts of the lab share one clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from tests.lab.host import Host
from tests.lab.lab import Lab

LOOK = """\
import glob, os, sys, time
pause = float(sys.argv[1])
(link,) = glob.glob("/srv/yard/live/*")
was, end = os.readlink(link), time.monotonic() + 60
while time.monotonic() < end:
    before = time.monotonic()
    if os.readlink(link) != was:
        print(old, time.monotonic())
        break
    old = before
    time.sleep(pause)
"""


class Cut(NamedTuple):
    """When the link was seen to change, by the monotonic clock."""

    old: float
    """It was seen as before then, or later."""

    new: float


@contextmanager
def watched(lab: Lab, hosts: tuple[Host, ...], pause_seconds: float) -> Iterator[list[Cut]]:
    """Have the links looked at until each has changed; then the list has a `Cut` a host."""
    cuts: list[Cut] = []

    def look(host: Host) -> Cut:
        said = lab.run(host, "python3", "-c", LOOK, str(pause_seconds)).stdout
        old, new = map(float, said.split())
        return Cut(old, new)

    with ThreadPoolExecutor(len(hosts)) as threads:
        looking = threads.map(look, hosts)
        yield cuts
        cuts += looking

"""What do requests of strangers leave behind? Bytes and objects, after so many of them."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING, NamedTuple

from bench.dispatch_times import start
from bench.dispatch_ways import environ_of, our_hosts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

KINDS = {
    "unknown hosts": ("host{}.example", "/"),
    "names below a wildcard": ("name{}.all.example.org", "/"),
    "spellings of one unknown host": ("eXample{}.NET.:{}", "/"),
    "what is no host": ("not a host {}", "/"),
    "paths of a root app": ("app0.example.org", "/path{}/x"),
    "paths of a mount": ("app0.example.org", "/mount/path{}"),
    "paths refused": ("app0.example.org", "/path{}/../.."),
}

FIRST = 1_100
"""Requests before: they make the pages that all get, and fill what has a bound."""


class Kept(NamedTuple):
    """What is there afterwards that was not there before."""

    requests: str
    asked: int
    kept_bytes: int
    kept_objects: int


def kept(count: int) -> list[Kept]:
    """Return what is left of ``count`` requests of each kind, to a router of 1,000 hosts."""
    app = our_hosts(1_000)
    return [after(app, kind, count) for kind in KINDS]


def after(app: WSGIApplication, kind: str, count: int) -> Kept:
    host, path = KINDS[kind]
    ask(app, host, path, range(FIRST))  # until there is room for no more
    tracemalloc.start()
    before = measured()
    ask(app, host, path, range(FIRST, FIRST + count))
    left = [b - a for a, b in zip(before, measured(), strict=True)]
    tracemalloc.stop()
    return Kept(kind, count, *left)


def ask(app: WSGIApplication, host: str, path: str, numbers: range) -> None:
    base = environ_of("/")
    for number in numbers:
        asked = path.format(number)
        more = {"PATH_INFO": asked, "RAW_URI": asked, "HTTP_HOST": host.format(number, number)}
        for _ in app({**base, **more}, start):
            pass


def measured() -> tuple[int, int]:
    gc.collect()
    return tracemalloc.get_traced_memory()[0], len(gc.get_objects())

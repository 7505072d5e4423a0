"""How is one app in several places, and asked several times at once?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

T = TypeVar("T")


def mount(app: Flask, *prefixes: str) -> Client:
    """Return a client of one app mounted below all ``prefixes``; nothing else is there."""
    return Client(DispatcherMiddleware(NotFound(), dict.fromkeys(prefixes, app)))


def at_once(count: int, act: Callable[[], T]) -> list[T]:
    """Call ``act`` from ``count`` threads that start together."""
    barrier = Barrier(count)

    def one() -> T:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]

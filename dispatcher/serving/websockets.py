"""What becomes of websockets when their worker stops?

Left alone they would hold it until it is killed, and their visitors would see a connection that
broke. Each is told to come again instead, which leads to a worker that stays.
"""

from __future__ import annotations

from typing import Any

from dispatcher.boundary.websocket import SERVICE_RESTART, end_all


def end_when_stopping(worker: Any) -> None:
    """Have a worker of gunicorn's end its websockets within a second of being told to stop.

    It gives signs of life while it waits for what it has begun.
    """
    say_so = worker.notify

    def notify() -> None:
        say_so()
        if not worker.alive:
            end_all(SERVICE_RESTART)

    worker.notify = notify

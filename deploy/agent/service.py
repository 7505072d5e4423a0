"""Wait for clients on the socket that systemd hands over, and for nothing else."""

from __future__ import annotations

import platform
import socket
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from deploy.acting.machine import Here
from deploy.agent.conversation import Conversation
from deploy.agent.receiving import Store
from deploy.agent.transactions import Transactions
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.onhost import facts

FIRST = 3
"""The first file descriptor that systemd hands over (sd_listen_fds(3))."""

IDLE_SECONDS = 600
"""After how long without a client the agent ends; systemd starts it for the next."""

MOST = 32
"""How many clients an agent talks to at once."""


def serve(at: Layout) -> None:
    """Finish what was interrupted, then answer clients until none has come for a while."""
    transactions = opened(at)
    with suppress(PlanError):  # bootstrap is at it; whoever begins something ends it first
        transactions.resume()
    for folder in (at.store, at.sent()):
        Store(folder).clear()
    listener = socket.socket(fileno=FIRST)
    listener.settimeout(IDLE_SECONDS / 10)
    talking: list[Thread] = []
    since = time.monotonic()
    while time.monotonic() - since < IDLE_SECONDS:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            pass
        else:
            if len(talking) >= MOST:
                refuse(connection)
                continue
            one = Conversation(connection, at, Here(), transactions)
            talking.append(Thread(target=one.hold, args=(hello(at),), daemon=True))
            talking[-1].start()
        talking = [thread for thread in talking if thread.is_alive()]
        if talking or transactions.busy:
            since = time.monotonic()


def refuse(connection: socket.socket) -> None:
    """Say that there are too many; each costs a thread, and a request its memory."""
    with suppress(OSError), connection:
        connection.sendall(b'{"error":"its agent talks to too many clients; try again later"}\n')


def opened(at: Layout) -> Transactions:
    return Transactions(at, Here(), Path(at.records), Path(at.lock))


def hello(at: Layout) -> dict[str, str]:
    """Return what a client must know before it asks for anything."""
    return {
        "site": at.site,
        "agent": Path(at.agent).resolve().name,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "glibc": platform.libc_ver()[1],
        "keys": facts.digest(Path(at.keys)),
        "secrets": (facts.vault(Path(at.vault)) or {}).get("run", ""),
    }

"""How is the site served here: once, or anew whenever a file changes?"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from logging.config import dictConfig
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import is_running_from_reloader, run_simple

from dispatcher.develop import modules
from dispatcher.develop.application import application, local
from dispatcher.develop.listening import hand_on
from dispatcher.develop.server import Handler, Server
from dispatcher.logs import config
from dispatcher.monitoring.recent_errors import Noting
from dispatcher.routing.router import UNKNOWN_PATH

if TYPE_CHECKING:
    import socket
    import ssl

    from dispatcher.monitoring.board import Board
    from dispatcher.registry.site import Site

TELL_SECONDS = 1
"""How often a serving process looks whether it has imported more."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A site, its folder, and the socket it is served at."""

    folder: Path
    read: Callable[[], Site]
    listening: socket.socket
    tls: ssl.SSLContext | None = None
    only: Collection[str] = ()

    def once(self) -> None:
        """Serve until interrupted, without debugger."""
        dictConfig(config("text"))
        app = local(self.read(), debug=False, keep=note, only=self.only)
        with suppress(KeyboardInterrupt):
            Server(self.listening, app, self.tls).serve(None)

    def anew(self) -> None:
        """Serve until interrupted, with debugger, and always the files as they are."""
        from dispatcher.develop.supervisor import Supervisor

        supervisor = Supervisor(self.process, lambda: hand_on(self.listening))
        supervisor.run(self.folder, modules.packages(self.folder, self.read()))

    def process(self, line: Connection) -> None:
        """Serve the files as they are now, until something comes along the line."""
        dictConfig(config("text"))
        keep_no_bytecode()
        os.environ["WERKZEUG_RUN_MAIN"] = "true"  # apps ask it whether they are to be run
        since = time.time()

        def then(site: Site) -> None:
            known = 0
            with suppress(OSError):  # nobody listens any more
                while True:  # requests may import more
                    if len(sys.modules) != known:
                        known = len(sys.modules)
                        line.send(modules.loaded(self.folder, site, since))
                    time.sleep(TELL_SECONDS)

        app = application(self.read, then=then, keep=note, only=self.only)
        Server(self.listening, app, self.tls).serve(line)


def keep_no_bytecode() -> None:
    """Compile the apps' code from what it is now.

    Python takes what it kept for a file of the same length that was saved in the same second
    (PEP 3147): a developer's edit would not be seen.
    """
    sys.dont_write_bytecode = True


def note(board: Board) -> None:
    """Have errors that are logged from now on noted on the board, for the status page."""
    logging.getLogger().addHandler(Noting(board))


def can_serve_anew() -> bool:
    """Whether this machine can fork and tell of changed files."""
    try:
        importlib.import_module("watchdog")
    except ImportError:
        return False
    return hasattr(os, "fork")


def restarting(
    path: Path,
    read: Callable[[], Site],
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    only: Collection[str],
) -> None:
    """Serve as `Serving.anew` where that cannot be: slower, for everything is loaded anew.

    Werkzeug runs the command again for that, in a process where this serves.
    """
    keep_no_bytecode()
    inner = is_running_from_reloader()
    dictConfig(config("text"))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # where it runs is told already
    run_simple(
        host,
        port,
        application(read, then=lambda _: None, keep=note, only=only) if inner else UNKNOWN_PATH,
        use_reloader=True,
        reloader_type="stat",
        extra_files=[str(path)],
        threaded=True,
        request_handler=Handler,
        ssl_context=tls,
    )

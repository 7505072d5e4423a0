"""gunicorn's settings: ``gunicorn --config python:dispatcher.gunicorn``.

See https://docs.gunicorn.org/en/stable/settings.html for each name.
"""

import gc
import os
import signal
from pathlib import Path
from typing import Any

from gunicorn.http.message import Request  # type: ignore[import-untyped]

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.limits import HEADER_LINES, MOST_HEADER_KB
from dispatcher.routing.request_target import aim
from dispatcher.settings import Settings, SettingsError

try:
    settings = Settings.of(os.environ)
    pool = settings.pool_of(settings.read())
except (RegistryError, SettingsError) as error:
    raise SystemExit(f"Error: {error}") from None

if pool.worker_class == "gevent":
    # Before any app or lock is made: with preload, a lock made earlier hangs the worker.
    from gevent import monkey

    monkey.patch_all()


from dispatcher.logs import EXCHANGE, OWN, SERVING
from dispatcher.logs import config as config_of_logs
from dispatcher.monitoring.board import board_of
from dispatcher.monitoring.gunicorn_log import Unanswered
from dispatcher.monitoring.recent_errors import Noting
from dispatcher.serving.forking import end_new_workers_at_once
from dispatcher.serving.open_files import replace_when_full
from dispatcher.serving.websockets import end_when_stopping

board = board_of(settings)

wsgi_app = "dispatcher.wsgi:application"
workers = pool.workers
worker_class = pool.worker_class
threads = pool.threads if pool.worker_class == "gthread" else 1
preload_app = pool.preload  # READY is said only once the apps are loaded, their memory is shared
timeout = pool.timeout
graceful_timeout = 30  # systemd's patience with the unit is longer
max_requests = pool.max_requests
max_requests_jitter = pool.max_requests // 10  # or all workers would be replaced at once
# What nginx lets pass is never refused for its size, and nobody else reaches the socket. It makes
# one line of all cookies of HTTP/2. Of an address gunicorn knows no limit above 8,190, but none.
LONGEST = (HEADER_LINES * MOST_HEADER_KB + 1) << 10
limit_request_line = 0 if settings.proxies else 8190
limit_request_fields = 1100 if settings.proxies else 100  # nginx takes 1,000, and adds some
limit_request_field_size = LONGEST if settings.proxies else 8190
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat
# must not wait for a disk
control_socket_disable = True  # all instances of a user share its path; the second steals it
# What proxies say is believed by the dispatcher alone, as DISPATCHER_PROXIES has it: a
# stranger's X-Forwarded-Ssl beside nginx's X-Forwarded-Proto is a 400 otherwise.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
logger_class = Unanswered
accesslog = "-"
logconfig_dict = config_of_logs(settings.log, Noting(board))


def on_starting(server: object) -> None:  # noqa: ARG001 - gunicorn's signature
    """Let no worker miss that it is to stop; called before the first is forked."""
    end_new_workers_at_once()


if pool.preload:

    def when_ready(server: object) -> None:  # noqa: ARG001 - gunicorn's signature
        """Keep the garbage collector off what workers share, or its first run copies it all."""
        gc.collect()
        gc.freeze()


if pool.worker_class == "gevent":
    from gevent import sleep

    def pre_request(worker: object, request: Request) -> None:  # noqa: ARG001 - gunicorn's
        """Let the others go first, after a request on the same connection.

        A client that never pauses would be served alone: its next request is there
        already, so that reading it does not wait, and nobody else is let in.
        """
        SERVING.set(OWN)
        EXCHANGE.set(None)
        if request.uri[0] != "/":
            aim(request)
        if request.req_number > 1:
            sleep(0)

else:

    def pre_request(worker: object, request: Request) -> None:  # noqa: ARG001 - gunicorn's
        """Forget which app this thread served before: the next may be for none."""
        SERVING.set(OWN)
        EXCHANGE.set(None)
        if request.uri[0] != "/":
            aim(request)


def pre_fork(server: object, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Give the worker a place on the board; this hook and the last one run in the master."""
    worker.place = board.reserve()


def post_fork(server: object, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    board.take(worker.place)


def child_exit(server: object, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Keep what a worker counted when it is gone, and give away its place."""
    board.leave(worker.place)


def post_worker_init(worker: Any) -> None:
    """Leave Ctrl-C to the master: a gevent worker told by both ends in a traceback."""
    replace_when_full(worker)
    end_when_stopping(worker)
    signal.signal(signal.SIGINT, lambda *_: None)

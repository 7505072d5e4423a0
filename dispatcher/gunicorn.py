"""gunicorn's settings: ``gunicorn --config python:dispatcher.gunicorn``.

See https://docs.gunicorn.org/en/stable/settings.html for each name.
"""

import gc
import os
import signal
from pathlib import Path

from dispatcher.faults import RegistryError
from dispatcher.logs import CONFIG, OWN, SERVING
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

wsgi_app = "dispatcher.wsgi:application"
workers = pool.workers
worker_class = pool.worker_class
threads = 8 if pool.worker_class == "gthread" else 1
preload_app = True  # the apps' memory is shared, and READY is said only once they are loaded
timeout = 60
graceful_timeout = 30
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat
# must not wait for a disk
control_socket_disable = True  # all instances of a user share its path; the second steals it
# What proxies say is believed by the dispatcher alone, as DISPATCHER_PROXIES has it: a
# stranger's X-Forwarded-Ssl beside nginx's X-Forwarded-Proto is a 400 otherwise.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
accesslog = "-"
access_log_format = "%(s)s %(m)s %({host}i)s%({script_name}e)s%(U)s %(B)s bytes %(M)s ms"
logconfig_dict = CONFIG


def when_ready(server: object) -> None:  # noqa: ARG001 - gunicorn's signature
    """Keep the garbage collector off what the workers share, or its first run copies it all."""
    gc.collect()
    gc.freeze()


def pre_request(worker: object, request: object) -> None:  # noqa: ARG001 - gunicorn's signature
    """Forget which app served this connection before: the next may be for none."""
    SERVING.set(OWN)


def post_worker_init(worker: object) -> None:  # noqa: ARG001 - gunicorn's signature
    """Leave Ctrl-C to the master: a gevent worker told by both ends in a traceback."""
    signal.signal(signal.SIGINT, lambda *_: None)

"""gunicorn's own logger, which says of a request only what `access_log` does not."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from dispatcher.boundary.exchange import KEY
from dispatcher.monitoring.access_log import AccessLog
from dispatcher.monitoring.printed import capture
from dispatcher.monitoring.probes import PROBE
from dispatcher.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Unanswered(Logger):  # type: ignore[misc]
    """Log the answers that no app gave: unknown hosts and paths. Probes are not logged.

    gunicorn makes it in the master before it loads any app, and once.
    """

    def __init__(self, cfg: Any) -> None:
        settings = Settings.of(os.environ)
        self.requests = AccessLog(settings.log, proxies=settings.proxies)
        super().__init__(cfg)
        capture()

    def access(
        self,
        resp: Any,
        req: Any,  # noqa: ARG002 - gunicorn's signature
        environ: WSGIEnvironment,
        request_time: timedelta,
    ) -> None:
        """Be told by gunicorn of the end of every request."""
        if KEY not in environ and PROBE not in environ:
            status = int(str(resp.status)[:3])
            self.requests.own(environ, status, resp.sent or 0, request_time.total_seconds())

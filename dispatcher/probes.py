"""What the dispatcher says of itself, on a host name that no proxy routes to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from werkzeug import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from dispatcher.contained import Contained


class Probes:
    """Answer ``/live`` (this process runs) and ``/ready`` (every app is loaded, save lazy ones)."""

    def __init__(self, apps: Mapping[str, Contained], *, pool: str = "", release: str = "") -> None:
        self.apps, self.pool, self.release = apps, pool, release

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.response(Request(environ).path)(environ, start_response)

    def response(self, path: str) -> Response:
        match path:
            case "/live":
                return self.told(200)
            case "/ready":
                faults = self.faults()
                return self.told(503 if any(faults.values()) else 200, apps=faults)
            case _:
                return self.told(404, error="there are /live and /ready")

    def faults(self) -> dict[str, str | None]:
        """Return each app's fault, None for one that works. Loads those not loaded."""
        for app in self.apps.values():
            if app.error or not app.app.lazy:
                app.load()
        return {name: app.fault for name, app in self.apps.items()}

    def told(self, status: int, **more: object) -> Response:
        body = {"pool": self.pool, "release": self.release, "pid": os.getpid(), **more}
        return Response(json.dumps(body) + "\n", status, mimetype="application/json")

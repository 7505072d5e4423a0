"""What the dispatcher says of itself, on a host name that no proxy routes to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from dispatcher.loading.fingerprints import published
from dispatcher.loading.flask_config import flask_of
from dispatcher.monitoring.metrics import Exposition
from dispatcher.monitoring.readiness import Readiness
from dispatcher.monitoring.status_page import Overview

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from dispatcher.loading.contained import Contained
    from dispatcher.monitoring.board import Board
    from dispatcher.registry.site import Site


PROBE = "dispatcher.probe"
"""The key of environ that says that a request was for the probes."""


class Probes:
    """Answer for the processes of one pool, or for the whole site where that is none.

    ``/live``: this process runs. ``/ready``: every app is well, and loaded save lazy
    ones that nobody has asked for, which are ``asleep``.
    ``/metrics``: for Prometheus. ``/status``: for people, and as JSON where asked for.
    ``/static``: the folders of static files, which a deployment gives to nginx.
    """

    def __init__(
        self,
        site: Site,
        apps: Mapping[str, Contained],
        board: Board,
        *,
        pool: str = "",
        release: str = "",
    ) -> None:
        self.apps, self.pool, self.release = apps, pool, release
        self.readiness = Readiness(apps)
        self.exposition = Exposition(board, site=site.name, pool=pool, release=release)
        self.overview = Overview(site, apps, board, self.readiness, pool=pool, release=release)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[PROBE] = True
        response = self.response(Request(environ))
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def response(self, request: Request) -> Response:
        match request.path:
            case "/live":
                return self.told(200)
            case "/ready":
                faults = self.readiness.faults()
                asleep = [name for name, app in self.apps.items() if app.asleep]
                status = 503 if any(faults.values()) else 200
                return self.told(status, apps=faults, asleep=asleep)
            case "/metrics":
                text, kind = self.exposition.text(request.headers.get("Accept", ""))
                return Response(text, content_type=kind)
            case "/status":
                return self.overview.response(request)
            case "/static":
                return self.told(200, folders=[*self.folders()])
            case _:
                known = "/live, /ready, /metrics, /status and /static"
                return self.told(404, error=f"there are {known}")

    def folders(self) -> Iterator[dict[str, str]]:
        """Yield where each app serves which folder, below its mount; of what is loaded."""
        for contained in self.apps.values():
            if contained.app.static and (flask := flask_of(contained.made)):
                for folder in published(flask):
                    name = contained.app.name
                    yield {"app": name, "prefix": folder.prefix, "folder": folder.place}

    def told(self, status: int, **more: object) -> Response:
        body = {"pool": self.pool, "release": self.release, "pid": os.getpid(), **more}
        return Response(json.dumps(body) + "\n", status, mimetype="application/json")

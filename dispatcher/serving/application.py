"""The whole site or one pool of it as one WSGI application, every app loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dispatcher.loading.fingerprints import fingerprint
from dispatcher.loading.flask_config import flask_of
from dispatcher.loading.startup import load_eager
from dispatcher.monitoring.access_log import AccessLog
from dispatcher.monitoring.board import board_of
from dispatcher.monitoring.metrics import Counts, count_loads
from dispatcher.monitoring.probes import Probes
from dispatcher.registry.address import LOCAL_DOMAIN
from dispatcher.routing.mounts import direct
from dispatcher.serving.apps import contain
from dispatcher.serving.proxies import Proxied
from dispatcher.serving.stack import stack
from dispatcher.serving.told import Told

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.site import App
    from dispatcher.settings import Settings


def serve(settings: Settings) -> WSGIApplication:
    """Return the application, with every app of the pool loaded.

    An app that cannot be loaded answers 503, and the probes say so. Raises
    `RegistryError` and `SettingsError`.
    """
    site = settings.read()
    board = board_of(settings)
    apps = contain(site, settings.apps_of(site), finish=fingerprinted)
    count_loads(apps.values(), board)
    load_eager(apps.values())
    probes = Probes(site, apps, board, pool=settings.pool, release=settings.release)
    application: WSGIApplication = stack(
        site,
        apps,
        probes=probes,
        by_address=site.domain == LOCAL_DOMAIN,
        proxies=settings.proxies,
        observers=(Counts(board), AccessLog(settings.log)),
    )
    application = direct(application)
    if site.nginx.variables:
        application = Told(application, site.nginx.variables, believed=settings.proxies > 0)
    if settings.proxies:
        application = Proxied(application, settings.proxies)
    return Stamped(application, settings.release) if settings.release else application


def fingerprinted(app: App, made: Any) -> None:
    """Give the static files of a Flask app names under which they never change."""
    if app.static and (flask := flask_of(made)):
        fingerprint(flask)


class Stamped:
    """Say in every answer which release gave it, in the header X-Release."""

    def __init__(self, app: WSGIApplication, release: str) -> None:
        self.app, self.header = app, ("X-Release", release)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def stamped(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*headers, self.header], *exc_info)

        return self.app(environ, stamped)

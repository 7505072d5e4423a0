"""Which app of which site is the code that runs right now a part of?"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from dispatcher.loading.flask_module import flask_module

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from dispatcher.links.urls import Links
    from dispatcher.registry.site import App

EXTENSION = "dispatcher.links"
"""Where a Flask app that the dispatcher loaded has its `Part`."""


class Part(NamedTuple):
    """What code is a part of: an app of a site."""

    links: Links
    app: str


LOADING: ContextVar[Part | None] = ContextVar("loading", default=None)
"""The app whose factory runs."""


def is_of(flask: Any, app: App) -> bool:
    """Whether a Flask app is ``app``; of one on its own only the module tells."""
    part: Part | None = flask.extensions.get(EXTENSION) or LOADING.get()
    if part is not None:
        return part.app == app.name
    return bool(flask.import_name == app.target.partition(":")[0])


def current_flask() -> Any:
    """Return the Flask app in whose context this is, or None."""
    flask = flask_module()
    return flask.current_app if flask is not None and flask.has_app_context() else None


def environ_of_flask() -> WSGIEnvironment | None:
    """Return the environ of the request that a Flask app answers right now."""
    flask = flask_module()
    if flask is None or not flask.has_request_context():
        return None
    return flask.request.environ  # type: ignore[no-any-return]

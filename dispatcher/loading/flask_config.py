"""What a Flask app is told of its site, as far as its own code has not decided it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import MethodType
from typing import TYPE_CHECKING, Any

from dispatcher.loading.flask_module import flask_module
from dispatcher.registry.address import LOCAL_DOMAIN
from dispatcher.registry.headers import CSP_NONCE

if TYPE_CHECKING:
    from flask import Flask

    from dispatcher.registry.address import Address
    from dispatcher.registry.site import App, Site

WRAPS = ("app", "wsgi_app", "application")
"""Where middleware keeps what it is around, one way or another."""


def complete(
    made: Any, site: Site, app: App, address: Address, secrets: Callable[[], tuple[str, ...]]
) -> None:
    """Fill in the configuration of a Flask app, also of one within middleware.

    What differs from Flask's defaults was set by the app, or in site.toml, and stays. An app
    without a SECRET_KEY gets the first of ``secrets``, asked for only then, and the others
    to accept. Its templates may write ``{{ csp_nonce() }}``. Others than Flask apps are left alone.
    """
    flask = flask_of(made)
    if flask is None:
        return
    config = flask.config
    for name, value in wanted(site, app, address).items():
        if config.get(name) == flask.default_config.get(name):
            config[name] = value
        elif isinstance(config[name], Hosts):  # the same object answers for another app, too
            config[name] = Hosts(dict.fromkeys((*config[name], *value)))
    if not config.get("SECRET_KEY"):
        config["SECRET_KEY"], *others = secrets()
        config["SECRET_KEY_FALLBACKS"] = [*others, *(config.get("SECRET_KEY_FALLBACKS") or ())]
    flask.jinja_env.globals.setdefault("csp_nonce", csp_nonce)


def csp_nonce() -> str:
    """Return what lets an inline script or style of this answer through its policy, if any."""
    flask = flask_module()
    if flask is None or not flask.has_request_context():
        return ""
    return str(flask.request.environ.get(CSP_NONCE, ""))


class Hosts(list[str]):
    """Host names that were put into an app's configuration from here."""


def wanted(site: Site, app: App, address: Address) -> dict[str, Any]:
    """Return the settings, by the names that Flask's documentation explains.

    The session cookie's path is the mount, wherever the app is asked: `dispatcher.boundary.cookies`
    puts it there, and adds ``Secure`` where the request was by https.
    """
    return {
        "APPLICATION_ROOT": address.path or "/",
        "PREFERRED_URL_SCHEME": site.scheme,
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TRUSTED_HOSTS": Hosts(hosts(site, app)) or None,
    }


def hosts(site: Site, app: App) -> Iterable[str]:
    """Return the hosts of an app, as Werkzeug's ``host_is_trusted`` takes them, or none for any.

    On a developer's machine any address of its own stands for the site's domain.
    """
    names = list(dict.fromkeys(address.host for address in app.addresses))
    if LOCAL_DOMAIN == site.domain in names:
        return ()
    return (name.removeprefix("*") for name in names)


def flask_of(made: Any) -> Flask | None:
    """Return the Flask app that is ``made`` or within it. Imports no Flask for that."""
    module = flask_module()
    if module is None:
        return None
    return next((one for one in layers(made) if isinstance(one, module.Flask)), None)


def layers(made: Any) -> Iterator[Any]:
    """Yield an app and what it wraps, outermost first."""
    seen: list[Any] = []
    while made is not None and not any(made is one for one in seen):
        seen.append(made)
        yield made
        if isinstance(made, MethodType):
            made = made.__self__
        else:
            inside = getattr(made, "__dict__", {})
            made = next((inside[name] for name in WRAPS if name in inside), None)

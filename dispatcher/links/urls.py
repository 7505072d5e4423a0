"""Where is another app of the site? The one thing that apps import of the dispatcher.

In Python ``from dispatcher.links import site_url``, in the templates of Flask apps a global::

    {{ site_url("members", "profile", id=3) }}
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from werkzeug.routing import Map

from dispatcher.boundary.redirects import given_out
from dispatcher.errors import DispatcherError
from dispatcher.links.context import (
    EXTENSION,
    LOADING,
    Part,
    current_flask,
    environ_of_flask,
    is_of,
)
from dispatcher.links.destination import Came, start, tenant_of, where
from dispatcher.links.endpoints import LinkError, built
from dispatcher.links.rules import OutError, Rules, rules_here
from dispatcher.loading.flask_config import flask_of
from dispatcher.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from dispatcher.loading.contained import Contained
    from dispatcher.registry.site import App, Site

NOTHING: Mapping[str, Contained] = MappingProxyType({})

ANCHOR = "/?%!$&'()*+,:;=@"
"""What may stand after a # as it is (RFC 3986, section 3.5)."""

__all__ = ["LinkError", "site_has", "site_url"]


def site_url(app: str, endpoint: str = "", /, **values: Any) -> str:
    """Return the absolute address of something in the app that site.toml calls ``app``.

    ``site_url("members")`` is the app's start, ``site_url("members", "profile", id=3)`` an
    endpoint of a Flask app with its values, what else is given the query, as in ``url_for``;
    ``_anchor`` is what comes after the #.
    ``site_url("wiki", path="/Home")`` is a path below the start of any app. For an app with
    tenants ``tenant="choir"`` names one; within a tenant links to the same app stay there,
    unless ``tenant=""`` is given.

    In a request of a Flask app the address has the request's scheme and port, and its host
    where the other app answers there too; else the first address in site.toml counts. Other
    apps give theirs as ``_environ``. Without a request, as in mails and tasks, scheme and
    domain are those of site.toml.

    An app that is out at the moment has no endpoints to look at: its start is returned.
    Raises `LinkError` for an app, endpoint, value or tenant that cannot be, saying what
    would be right.
    """
    environ = values.pop("_environ", None) or environ_of_flask()
    url = links(app).url(app, endpoint, values, environ)
    if environ is not None:
        given_out(url, environ)
    return url


def site_has(app: str) -> bool:
    """Whether the site that this is part of has such an app; an app on its own is part of none."""
    found = served()
    return found is not None and any(one.name == app for one in found.site)


class Links:
    """The addresses of a site's apps, as seen in one of its processes."""

    here: ClassVar[Links | None] = None
    """Those of the site that this process serves, for code of no Flask app."""

    def __init__(self, site: Site, apps: Mapping[str, Contained] = NOTHING) -> None:
        """``apps`` are the instances that this process runs."""
        self.site, self.apps = site, apps
        self.elsewhere = Rules()

    @contextmanager
    def loading(self, name: str) -> Iterator[None]:
        """Let the factory of the app called ``name`` find these links while it runs."""
        token = LOADING.set(Part(self, name))
        try:
            yield
        finally:
            LOADING.reset(token)

    def enter(self, app: WSGIApplication, name: str) -> None:
        """Let the code and the templates of a Flask app find these links."""
        flask = flask_of(app)
        if flask is not None:
            flask.extensions[EXTENSION] = Part(self, name)
            for function in (site_has, site_url):
                flask.jinja_env.globals.setdefault(function.__name__, function)

    def url(
        self, name: str, endpoint: str, values: dict[str, Any], environ: WSGIEnvironment | None
    ) -> str:
        """Return what `site_url` does; ``environ`` is that of the request, if there is one."""
        app = self.app(name)
        anchor = values.pop("_anchor", None)
        for word in ("_external", "_method", "_scheme"):
            if word in values:
                raise LinkError(name, f"a link is absolute and of the request; leave out {word}")
        url = self.built(app, endpoint, values, environ)
        return url if anchor is None else f"{url}#{quote(str(anchor), safe=ANCHOR)}"

    def built(
        self, app: App, endpoint: str, values: dict[str, Any], environ: WSGIEnvironment | None
    ) -> str:
        name = app.name
        came = Came.of(self.site, environ)
        tenant = tenant_of(app, values, came)
        address = where(app, tenant, came.host)
        base = came.scheme, came.netloc(address), address.path
        if not endpoint:
            return start(name, base, **values)
        try:
            rules = self.rules(app, tenant)
        except OutError:
            if not came.host:
                raise  # a mail with a wrong address could not be mended
            return start(name, base)
        return built(name, rules, endpoint, values, base=base)

    def app(self, name: str) -> App:
        names = [app.name for app in self.site]
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
            raise LinkError(name, f"site.toml has no such app; {hint}")
        return self.site.app(name)

    def rules(self, app: App, tenant: str) -> Map:
        """Return the rules of ``app``, without loading it here where another pool does."""
        own = current_flask()
        if own and is_of(own, app):
            return own.url_map  # type: ignore[no-any-return]
        for contained in self.apps.values():
            if contained.app.name == app.name:
                return rules_here(contained, app.name, tenant)
        return self.elsewhere.of(app, tenant)


def served() -> Links | None:
    """Return the links of the site that this process serves, if it does."""
    flask = current_flask()
    part: Part | None = (flask and flask.extensions.get(EXTENSION)) or LOADING.get()
    if part is not None:
        return part.links
    return None if flask else Links.here


def links(app: str) -> Links:
    """Return the links of the process, or those of the site.toml that the environment names."""
    found = served()
    if found is not None:
        return found
    try:
        return read(Settings.of(os.environ))
    except DispatcherError as error:
        reason = " ".join(str(error).split())
        raise LinkError(app, f"there is no site to look into: {reason}") from None


@cache
def read(settings: Settings) -> Links:
    return Links(settings.read())

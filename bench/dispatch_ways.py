"""What is measured: our dispatcher in parts, others that do the like, and a Flask app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from wsgiref.util import setup_testing_defaults

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Map, Rule

from dispatcher.loading.contained import Contained
from dispatcher.monitoring.access_log import AccessLog
from dispatcher.monitoring.board import Board
from dispatcher.monitoring.metrics import Counts
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.routing.mounts import direct
from dispatcher.routing.router import route
from dispatcher.serving.application import Stamped
from dispatcher.serving.proxies import Proxied
from dispatcher.serving.stack import stack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.boundary.exchange import Observer

TARGET = "bench.dispatch_ways:hello"
DOMAIN = "example.org"
BODY = [b"hello"]
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "5")]
COOKIES = [("Set-Cookie", "session=abcdefghijklmnopqrstuvwxyz; HttpOnly; Path=/")]


def nothing(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    """Be the app whose cost is next to none."""
    return BODY


def hello(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Be the app that does no more than PEP 3333 asks of it."""
    start_response("200 OK", HEADERS[:])
    return BODY


def greeting(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Be the app that sets a session cookie too."""
    start_response("200 OK", HEADERS + COOKIES)
    return BODY


def trivial() -> WSGIApplication:
    """Return the Flask app whose request is the measure: one view, a few bytes."""
    app = Flask("trivial")
    app.add_url_rule("/<path:path>", view_func=lambda path: "hello")  # noqa: ARG005
    return app


def environ_of(target: str, host: str = DOMAIN, **more: str) -> dict[str, Any]:
    """Return what gunicorn makes of a browser's request that nginx passed on."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "PATH_INFO": unquote(path, "latin-1"),
        "RAW_URI": target,
        "SCRIPT_NAME": "",
        "QUERY_STRING": query,
        "HTTP_HOST": host,
        "HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
        "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "HTTP_X_FORWARDED_FOR": "192.0.2.7",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_REQUEST_ID": "0123456789abcdef0123456789abcdef",
        "REMOTE_ADDR": "127.0.0.1",
        **more,
    }
    setup_testing_defaults(environ)
    return environ


def prefixes(count: int) -> list[str]:
    return [f"/app{number}" for number in range(count)]


def site_of(count: int) -> Site:
    """Return a site with an app at the root and at each of ``count`` prefixes."""
    root = App("root", TARGET, (Address(DOMAIN),))
    apps = (App(prefix[1:], TARGET, (Address(DOMAIN, prefix),)) for prefix in prefixes(count))
    return Site("bench", DOMAIN, (root, *apps))


def ours(count: int) -> WSGIApplication:
    return direct(route(site_of(count), lambda *_: nothing))


def ours_full(count: int) -> WSGIApplication:
    """Return ours as it is once it has no room to remember more paths."""
    router = route(site_of(count), lambda *_: nothing)
    router.room_for_paths = 0
    return direct(router)


def our_hosts(count: int) -> WSGIApplication:
    """Return the router of an app on each of ``count`` hosts and on all names below another."""
    names = [*hosts(count), f"*.all.{DOMAIN}"]
    apps = [App(name, TARGET, (Address(name),)) for name in names]
    apps.append(App("mounted", TARGET, (Address(names[0], "/mount"),)))
    return direct(route(Site("bench", DOMAIN, tuple(apps)), lambda *_: nothing))


def hosts(count: int) -> list[str]:
    return [f"app{number}.{DOMAIN}" for number in range(count)]


def all_of_ours(
    app: WSGIApplication, count: int, observers: tuple[Observer, ...] = ()
) -> WSGIApplication:
    """Return the whole of what serves, around ``app`` at each of ``count`` mounts."""
    site = site_of(count)
    apps = {one.name: Contained(one, load=lambda _: app) for one in site}
    for one in apps.values():
        one.load()
    return direct(stack(site, apps, observers=observers, proxies=1))


def as_served(app: WSGIApplication) -> WSGIApplication:
    """Return what gunicorn calls: `dispatcher.serving` puts the same around the dispatcher."""
    return Stamped(Proxied(app, 1), "a-release")


def observers(count: int) -> dict[str, tuple[Observer, ...]]:
    """Return those that are told of every exchange, fewest first; the log goes nowhere."""
    counts = Counts(Board(["root", *(prefix[1:] for prefix in prefixes(count))]))
    nowhere = Path(os.devnull).open("w", buffering=1)  # noqa: SIM115 - as long as the process
    return {
        "router, boundary, cookies, request id": (),
        "and metrics": (counts,),
        "and access log": (counts, AccessLog("json", nowhere.write)),
    }


def werkzeug(count: int) -> WSGIApplication:
    return direct(DispatcherMiddleware(nothing, dict.fromkeys(prefixes(count), nothing)))


def paste(count: int) -> WSGIApplication:
    """Raise ImportError where it is not installed."""
    from paste.urlmap import URLMap

    mapped = URLMap()
    mapped.applications = [((None, prefix), nothing) for prefix in prefixes(count)]
    mapped[""] = nothing  # it sorts all of them each time
    return direct(mapped)


def cherrypy(count: int) -> WSGIApplication:
    """Raise ImportError where it is not installed."""
    from cherrypy._cptree import Tree

    tree = Tree()
    for prefix in ["", *prefixes(count)]:
        tree.graft(nothing, prefix)
    return direct(tree)


class SubdomainDispatcher:
    """The one of Flask's documentation, "Application Dispatching", word for word."""

    def __init__(self, domain: str, create_app: Callable[[str], WSGIApplication]) -> None:
        self.domain = domain
        self.create_app = create_app
        self.lock = Lock()
        self.instances: dict[str, WSGIApplication] = {}

    def get_application(self, host: str) -> WSGIApplication:
        host = host.split(":")[0]
        assert host.endswith(self.domain), "Configuration error"
        subdomain = host[: -len(self.domain)].rstrip(".")
        with self.lock:
            app = self.instances.get(subdomain)
            if app is None:
                app = self.create_app(subdomain)
                self.instances[subdomain] = app
            return app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self.get_application(environ["HTTP_HOST"])
        return app(environ, start_response)


def documented(_count: int) -> WSGIApplication:
    return direct(SubdomainDispatcher(DOMAIN, lambda _: nothing))


class HostMap:
    """Werkzeug's routing by host."""

    def __init__(self, apps: Mapping[str, WSGIApplication]) -> None:
        rules = [Rule("/<path:path>", host=host, endpoint=host) for host in apps]
        self.map, self.apps = Map(rules, host_matching=True), dict(apps)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        endpoint, _ = self.map.bind_to_environ(environ).match()
        return self.apps[endpoint](environ, start_response)


def host_map(count: int) -> WSGIApplication:
    return direct(HostMap(dict.fromkeys(hosts(count), nothing)))

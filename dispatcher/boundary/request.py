"""What of a request an app gets to see: nothing in it says more than it may be believed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dispatcher.registry.headers import CSP_NONCE
from dispatcher.registry.hosts import host_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from dispatcher.boundary.cookies import Namespace
    from dispatcher.boundary.exchange import Exchange

REQUEST_ID = "HTTP_X_REQUEST_ID"

HIDDEN = frozenset(
    "HTTP_" + name
    for name in (
        # Where a client would have the app believe it is.
        "FORWARDED",
        "FRONT_END_HTTPS",
        "PATH_INFO",
        "SCRIPT_NAME",
        "X_FORWARDED_HOST",
        "X_FORWARDED_PATH",
        "X_FORWARDED_PORT",
        "X_FORWARDED_PREFIX",
        "X_FORWARDED_PROTOCOL",
        "X_FORWARDED_SCHEME",
        "X_FORWARDED_SERVER",
        "X_FORWARDED_SSL",
        "X_FORWARDED_URI",
        "X_HOST",
        "X_ORIGINAL_HOST",
        "X_ORIGINAL_URI",
        "X_ORIGINAL_URL",
        "X_OUTSIDE_URL",
        "X_REWRITE_URL",
        "X_SCHEME",
        "X_SCRIPT_NAME",
        "X_URL_SCHEME",
        # Who it would be.
        "CF_CONNECTING_IP",
        "REMOTE_USER",
        "TRUE_CLIENT_IP",
        "X_AUTHENTICATED_USER",
        "X_AUTH_REQUEST_EMAIL",
        "X_AUTH_REQUEST_USER",
        "X_CLIENT_IP",
        "X_CLUSTER_CLIENT_IP",
        "X_FORWARDED_CLIENT_CERT",
        "X_FORWARDED_EMAIL",
        "X_FORWARDED_GROUPS",
        "X_FORWARDED_PREFERRED_USERNAME",
        "X_FORWARDED_USER",
        "X_REAL_IP",
        "X_REMOTE_USER",
        "X_WEBAUTH_USER",
        # What a proxy can do for the dispatcher, and not for the app.
        "X_ACCEL_MAPPING",
        "X_SENDFILE_TYPE",
        # Through whom the app would send its own requests: https://httpoxy.org
        "PROXY",
    )
) | {"AUTH_TYPE", "REMOTE_IDENT", "REMOTE_USER"}  # servers here do not log anyone in
"""The keys of environ that no app gets, whoever wrote them: no proxy here sets them."""

WRITTEN = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
"""What proxies write, each adding to what it was sent."""

ROOM = 1024
NAMES: dict[str, tuple[str, str]] = {}
"""The name and the port of Host headers, of so many at most as there is room for."""

PORTS = {"http": "80", "https": "443"}


class Inward:
    """Makes the environ of an app, behind so many proxies as are to be believed."""

    def __init__(self, cookies: Namespace, proxies: int = 0) -> None:
        self.cookies, self.proxies = cookies, proxies
        self.hidden = HIDDEN if proxies else HIDDEN.union(WRITTEN)

    def environ(self, given: WSGIEnvironment, exchange: Exchange) -> dict[str, Any]:
        """Return a copy for the app, which may do with it as it likes.

        SERVER_NAME and SERVER_PORT are those of the Host header, which the router has
        checked, and not those of a socket that only the proxy sees.
        """
        environ = given.copy()
        hidden = self.hidden
        if not hidden.isdisjoint(environ):
            for key in hidden:
                environ.pop(key, None)
        if self.proxies:
            for key in WRITTEN:
                if "," in environ.get(key, ""):
                    environ[key] = last(environ[key], self.proxies)
        if "HTTP_COOKIE" in environ:
            cookies = self.cookies.of(exchange.tenant) if exchange.tenant else self.cookies
            secure = environ["wsgi.url_scheme"] == "https"
            own = cookies.inward(environ.pop("HTTP_COOKIE"), secure)
            if own:
                environ["HTTP_COOKIE"] = own
        environ[REQUEST_ID] = exchange.request_id
        if exchange.nonce:
            environ[CSP_NONCE] = exchange.nonce
        header = environ.get("HTTP_HOST", "")
        name, port = NAMES.get(header) or named(header)
        if name:
            environ["SERVER_NAME"] = name
            environ["SERVER_PORT"] = port or PORTS.get(environ["wsgi.url_scheme"], "")
        return environ

    def request_id(self, environ: WSGIEnvironment) -> str:
        """Return the id the proxy gave the request, or a new one: 32 hexadecimal digits."""
        return (self.proxies and given_id(environ)) or os.urandom(16).hex()


def given_id(environ: WSGIEnvironment) -> str:
    """Return the id that the request came with, empty where it is none.

    >>> given_id({REQUEST_ID: "0123abcd"}), given_id({REQUEST_ID: "(); x=1; x" * 2}), given_id({})
    ('0123abcd', '', '')
    """
    known: str = environ.get(REQUEST_ID, "")
    plain = known if known.isalnum() else known.replace("-", "")
    return known if 8 <= len(known) <= 64 and plain.isalnum() and plain.isascii() else ""


def last(listed: str, count: int) -> str:
    """Return the last of what a header lists: only so much was added by trusted proxies.

    >>> last("6.6.6.6, 203.0.113.9", 1)
    '203.0.113.9'
    """
    return ",".join(listed.split(",")[-count:]).strip()


def named(header: str) -> tuple[str, str]:
    """Return the host and the port that a Host header names, each empty where it names none.

    >>> named("Example.org.:8000"), named("[::1]"), named("a b")
    (('example.org', '8000'), ('[::1]', ''), ('', ''))
    """
    host = host_of(header) or ""
    _, _, port = header.rpartition(":")
    found = (host, port if host and port.isdecimal() else "")
    if len(NAMES) < ROOM and len(header) < ROOM:
        NAMES[header] = found
    return found

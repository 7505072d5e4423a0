"""Which headers of an app's answer leave, and how far they may reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from dispatcher.boundary.breach import Breach
from dispatcher.boundary.redirects import pulled_back
from dispatcher.registry.address import fault_of_path
from dispatcher.registry.headers import NAMES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from dispatcher.boundary.added import Added
    from dispatcher.boundary.cookies import Namespace
    from dispatcher.boundary.exchange import Exchange

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header (RFC 9110, section 5.6.2)."""

VALUE = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")
"""What a header may say (RFC 9110, section 5.5): no end of line, above all."""

ROOM = 1024


class Outward:
    """The headers that leave for the headers of an app mounted at the path ``mount``."""

    def __init__(
        self,
        cookies: Namespace,
        mount: str,
        *,
        alone: bool = False,
        prefixes: tuple[str, ...] = (),
        added: Added,
    ) -> None:
        self.cookies, self.mount, self.alone, self.prefixes = cookies, mount, alone, prefixes
        self.added = added

    def headers(
        self,
        code: int,
        given: Iterable[tuple[str, str]],
        exchange: Exchange,
        environ: WSGIEnvironment,
    ) -> list[tuple[str, str]]:
        """Return what leaves with the status ``code``; raises `Breach` for what no server may send.

        ``environ`` is the one from before the app could change it.
        """
        exchange.announced = -1
        exchange.own, exchange.file = None, ""
        kept: list[tuple[str, str]] = []
        for name, value in given:
            rule = RULES.get(name)
            if rule is None:
                rule = rule_of(name)
            if value.__class__ is not str or not (value.isascii() and value.isprintable()):
                value = checked(name, value)
            if rule:
                for left in rule(self, value, exchange, environ):
                    kept.append((name, left))
            else:
                kept.append((name, value))
        kept.append(("X-Request-ID", exchange.request_id))
        kept += self.added.to(code, exchange)
        return kept


Rule = Callable[["Outward", str, "Exchange", "WSGIEnvironment"], Iterable[str]]
"""Gives the values with which a header leaves, most often one or none."""


def rule_of(name: Any) -> Rule | Literal[False]:
    """Return the rule for a header, False where it leaves as it is; raises `Breach`."""
    if type(name) is not str or not TOKEN.fullmatch(name):
        raise Breach(f"{name!r} cannot be the name of a header")
    rule: Rule | Literal[False] = BY_NAME.get(name.lower(), False)
    if len(RULES) < ROOM and len(name) < ROOM:
        RULES[name] = rule
    return rule


def checked(name: str, value: Any) -> str:
    """Return the value of a header as a plain string; raises `Breach`."""
    if not isinstance(value, str):
        raise Breach(f"the header {name} must be a string, not {value!r}")
    if not VALUE.fullmatch(value):
        raise Breach(f"the header {name} has characters that no header may have: {value!r}")
    return str.__str__(value)


def dropped(*_: object) -> Iterable[str]:
    return ()


def of_upgrade(_: Outward, value: str, __: Exchange, environ: WSGIEnvironment) -> Iterable[str]:
    """Keep what says that the connection becomes another where that was asked for."""
    return (value,) if "HTTP_UPGRADE" in environ else ()


def of_host(at: Outward, value: str, *_: object) -> Iterable[str]:
    """Keep a header that speaks for a whole host where no other app is at it."""
    return (value,) if at.alone else ()


def length(_: Outward, value: str, exchange: Exchange, __: WSGIEnvironment) -> Iterable[str]:
    """Take note of Content-Length: a body of another one would run into the next answer."""
    value = value.strip()
    if not (value.isascii() and value.isdigit()):
        raise Breach(f"Content-Length must be a number, not {value!r}")
    if exchange.announced >= 0:
        raise Breach("there are two headers Content-Length")
    exchange.announced = int(value)
    return (value,)


def location(
    at: Outward, value: str, exchange: Exchange, environ: WSGIEnvironment
) -> Iterable[str]:
    return (pulled_back(value.strip(), exchange, environ, at.prefixes),)


def refresh(at: Outward, value: str, exchange: Exchange, environ: WSGIEnvironment) -> Iterable[str]:
    """Treat ``5; url=/there`` as Location is."""
    before, equals, url = value.partition("=")
    if not before.rstrip().lower().endswith("url") or url.lstrip()[:1] in ("'", '"'):
        return (value,)
    return (before + equals + pulled_back(url.strip(), exchange, environ, at.prefixes),)


def worker_scope(at: Outward, value: str, exchange: Exchange, _: WSGIEnvironment) -> Iterable[str]:
    """Keep Service-Worker-Allowed within the mount, of a tenant within the tenant's."""
    scope, mount = value.strip(), exchange.script if exchange.tenant else at.mount
    inside = scope.startswith(f"{mount}/") and fault_of_path(scope.rstrip("/")) is None
    return (value,) if inside or not mount else ()


def clear_site_data(at: Outward, value: str, *_: object) -> Iterable[str]:
    """Let an app clear what is its host's alone: browsers take cookies for all of the domain."""
    if not at.alone:
        return ()
    asked = [part.strip() for part in value.split(",")]
    if '"*"' in asked:
        asked = ['"cache"', '"storage"']
    kept = ", ".join(part for part in asked if part != '"cookies"')
    return (kept,) if kept else ()


def file(_: Outward, value: str, exchange: Exchange, __: WSGIEnvironment) -> Iterable[str]:
    """Take note of X-Sendfile, which no visitor is told."""
    exchange.file = value
    return ()


def buffering(_: Outward, value: str, *__: object) -> Iterable[str]:
    """Let an app say that nginx is not to take in its stream as a whole."""
    return (value,) if value.lower() in ("yes", "no") else ()


def noted(name: str) -> Rule:
    """Return a rule that keeps a header, and notes that the app has written it itself."""

    def note(_: Outward, value: str, exchange: Exchange, __: WSGIEnvironment) -> Iterable[str]:
        exchange.own = exchange.own or set()
        exchange.own.add(name)
        return (value,)

    return note


def cookie(at: Outward, value: str, exchange: Exchange, environ: WSGIEnvironment) -> Iterable[str]:
    own = at.cookies.of(exchange.tenant) if exchange.tenant else at.cookies
    secure = environ["wsgi.url_scheme"] == "https"
    return own.outward(value, exchange.script, secure, bare=not environ.get("PATH_INFO"))


BY_NAME: dict[str, Rule] = {
    **{name.lower(): noted(name) for name in NAMES},
    "alt-svc": of_host,
    "clear-site-data": clear_site_data,
    "connection": of_upgrade,
    "content-length": length,
    "content-location": location,
    "keep-alive": dropped,  # PEP 3333: so are all that are about the connection
    "location": location,
    "nel": of_host,
    "refresh": refresh,
    "server": dropped,  # who serves says it, and nobody which version of what
    "service-worker-allowed": worker_scope,
    "set-cookie": cookie,
    "status": dropped,  # PEP 3333: it is in the status line
    "trailer": dropped,
    "transfer-encoding": dropped,
    "upgrade": of_upgrade,
    "x-accel-buffering": buffering,
    "x-accel-charset": dropped,
    "x-accel-expires": dropped,
    "x-accel-limit-rate": dropped,
    "x-accel-redirect": dropped,  # would have nginx ask another app as if the visitor had
    "x-powered-by": dropped,
    "x-release": dropped,  # the dispatcher's own
    "x-request-id": dropped,
    "x-sendfile": file,
}
"""What happens to a header, by its name in lower case; all others leave as they are."""

RULES: dict[str, Rule | Literal[False]] = {}
"""The same by the names as apps write them, of so many as there is room for."""

"""Where a redirect leads that an app wrote without knowing where it is mounted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dispatcher.boundary.exchange import KEY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from dispatcher.boundary.exchange import Exchange

DEFAULT_PORT = {"http": ":80", "https": ":443"}

PARTS = re.compile(r"(?i:(https?)://([^/?#\\]*))?([/\\][^?#]*)?(.*)", re.DOTALL)
"""Scheme, host and port, path, and the rest: what is of interest of a URL."""


def pulled_back(
    url: str, exchange: Exchange, environ: WSGIEnvironment, prefixes: tuple[str, ...] = ()
) -> str:
    """Return the URL as it is below the mount, or as it is where it was meant as it is.

    A path like ``/login`` that is not below the mount is an app's that takes itself for
    alone on its host. So is ``http://HOST/login``, unless it is below one of the
    ``prefixes`` that apps are mounted at. Other hosts, relative URLs and what was given
    out as a link are left alone.
    """
    script = exchange.script
    if not script:
        return url
    scheme, netloc, written, rest = PARTS.fullmatch(url).groups(default="")  # type: ignore[union-attr]
    path = as_browsed(written)
    if scheme:
        if not same_host(scheme, netloc, environ) or below_any(path, prefixes):
            return url
        start = url[: len(url) - len(written) - len(rest)]
    elif written[:1] == "" or written[1:2] in ("/", "\\"):
        return url
    else:
        start = ""
    if below(path, script) or f"{start}{path}" in (exchange.links or ()):
        return url
    return f"{start}{script}{path or '/'}{rest}"


def given_out(url: str, environ: WSGIEnvironment) -> None:
    """Note an address that an app was given as that of another one, in a request of its own."""
    exchange: Exchange | None = environ.get(KEY)
    if exchange is not None:
        exchange.links = exchange.links or set()
        exchange.links.add(url.partition("#")[0].partition("?")[0])


def as_browsed(path: str) -> str:
    r"""Return a path as browsers read it (WHATWG URL, "path state").

    >>> as_browsed("/wiki/../shop"), as_browsed("/wiki/%2E./a/."), as_browsed("\\a\\b")
    ('/shop', '/a/', '/a/b')
    """
    if "." not in path and "\\" not in path and "%2" not in path:
        return path
    kept: list[str] = []
    plain = ""
    for segment in path.replace("\\", "/").split("/")[1:]:
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
    if plain in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def below_any(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(below(path, prefix) for prefix in prefixes)


def same_host(scheme: str, netloc: str, environ: WSGIEnvironment) -> bool:
    ours = without_default_port(environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""))
    return without_default_port(scheme.lower(), netloc) == ours


def without_default_port(scheme: str, netloc: str) -> str:
    return netloc.lower().removesuffix(DEFAULT_PORT[scheme])

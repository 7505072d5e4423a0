"""Which app of one host answers a path: Werkzeug's DispatcherMiddleware, compiled."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from types import MethodType
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.utils import redirect

from dispatcher.routing.pages import Page, no_content
from dispatcher.routing.paths import as_proxied, has_dot_segment, is_written_out

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Mounted = tuple[str, WSGIApplication]
    """A mount, and what is at it."""

    Known = dict[str, tuple[str, str, WSGIApplication]]
    """Mount, rest and app of plain paths that were asked for before."""

    Table = tuple[Mapping[str, Mounted], Known, WSGIApplication, WSGIApplication]
    """Where paths lead: what is mounted by first segments, known paths, what answers all other
    plain paths, and what any path. Without names, which took a fifth of the router's time."""

AMBIGUOUS = Page(400, "The path of this request can be read in more than one way.")
NO_PATH = Page(400, "The request does not say which path it is for.")

LONG = 512
"""Characters; of a longer path the router splits only so many, as no mount is that long."""


class Mounts(DispatcherMiddleware):
    """Hand a request to the app with the longest prefix of its path (PEP 3333 SCRIPT_NAME).

    The parent looks up every prefix of the path, from the longest, so that a path of
    4,000 slashes costs it milliseconds. Here the first segment says most often which mount
    it is, or that there is none. The router looks that up itself, in `table`, and calls
    this only for paths that are not plain to read. Well-formed requests reach the same app
    with the same environ, save one: GET and HEAD of a mount without its slash are redirected
    to it, or else the links of the page would lead out of the mount.

    Where a proxy might read another mount in the path than we do, the answer is 400, as it
    is for a NUL (nginx answers the same); what follows the mount is never altered.

    A prefix is like ``/wiki``; `dispatcher.registry.address.fault_of_path` says what is none.
    """

    def __init__(self, app: WSGIApplication, mounts: Mapping[str, WSGIApplication]) -> None:
        super().__init__(app, dict(mounts))
        self.depths: dict[str, int] = {}
        for prefix in mounts:
            first, depth = prefix.split("/")[1], prefix.count("/")
            self.depths[first] = max(depth, self.depths.get(first, 0))
        self.deepest = max(self.depths.values(), default=0)
        self.widest = max(map(len, self.depths), default=0)
        """Of first segments: to look a longer one up would be to hash 4 kB of it."""
        self.reach = max(map(len, mounts), default=0) + 2
        """How far into a path two slashes can be between the segments of a mount."""

    def table(self) -> Table:
        """Return what the first segment of a plain path decides.

        A path is plain where nothing of it was encoded, as a NUL has to be, no segment is
        ``.`` or ``..`` and the first one is not empty: then there is but one way to read it.
        Where the segments after the first have a say, the mount is "".
        """
        firsts = {
            first: (f"/{first}", direct(self.mounts[f"/{first}"])) if depth == 1 else ("", self.app)
            for first, depth in self.depths.items()
        }
        careful = direct(self)
        if self.widest > LONG - 2:
            return {}, {}, careful, careful
        return firsts, {}, direct(self.app), careful

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO") or "/"
        method = environ["REQUEST_METHOD"]
        if path == "*" and method == "OPTIONS":  # RFC 9110, section 9.3.7: about no app
            return no_content(environ, start_response)
        if not path.startswith("/") or "\0" in path:
            return NO_PATH(environ, start_response)
        prefix = self.mount(path)
        script = environ.get("SCRIPT_NAME", "") + prefix
        target: str = environ.get("RAW_URI", "")
        if self.is_ambiguous(path, prefix) or (
            prefix
            and "%" in target
            and not target.startswith(f"{script}/")
            and not is_written_out(script, target)
        ):
            return AMBIGUOUS(environ, start_response)
        if prefix and prefix == path and method in ("GET", "HEAD"):
            there = redirect(with_slash(script, environ.get("QUERY_STRING", "")), 308)
            return there(environ, start_response)
        environ["SCRIPT_NAME"] = script
        if prefix:
            environ["PATH_INFO"] = path[len(prefix) :]
        return self.mounts.get(prefix, self.app)(environ, start_response)

    def is_ambiguous(self, path: str, prefix: str) -> bool:
        """Whether a proxy reads another mount in ``path`` than ``prefix``, or no path at all."""
        if "//" not in path[: self.reach] and not ("." in path and has_dot_segment(path)):
            return False
        read = as_proxied(path, self.deepest)
        return read is None or self.mount(read or "/") != prefix

    def mount(self, path: str) -> str:
        """Return the longest mount that ``path`` is in, or ""."""
        end = path.find("/", 1)
        first = path[1:end] if end > 0 else path[1:]
        depth = self.depths.get(first, 0) if len(first) <= self.widest else 0
        if depth < 2:
            return f"/{first}" if depth else ""
        segments = path.split("/", depth + 1)
        for end in range(min(depth + 1, len(segments)), 1, -1):
            prefix = "/".join(segments[:end])
            if prefix in self.mounts:
                return prefix
        return ""


def direct(app: WSGIApplication) -> WSGIApplication:
    """Return what Python calls soonest: an object's method takes a third of the object's time."""
    call = getattr(app, "__call__", None)  # noqa: B004 - it is about how, not whether
    return call if isinstance(call, MethodType) else app


def with_slash(script: str, query: str) -> str:
    r"""Return where the app mounted at ``script`` begins, with the query as it was sent.

    >>> with_slash("/wiki", "q=a%20b&r=\xe9")
    '/wiki/?q=a%20b&r=%E9'
    """
    raw = quote(query, safe=string.punctuation, encoding="latin-1")
    return f"{quote(script, encoding='latin-1')}/" + (f"?{raw}" if query else "")

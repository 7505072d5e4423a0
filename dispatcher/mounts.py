"""Which app of one host answers a path: Werkzeug's DispatcherMiddleware, compiled."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.utils import redirect

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Mounts(DispatcherMiddleware):
    """Hand a request to the app with the longest prefix of its path (PEP 3333 SCRIPT_NAME).

    The parent looks up every prefix of the path, from the longest, so that a path of
    4,000 slashes costs it milliseconds. Here the first segment says how long a prefix
    can be at most, and most often that there is none. Well-formed requests reach the
    same app with the same environ, save one: GET and HEAD of a mount without its slash
    are redirected to it, or else the links of the page would lead out of the mount.

    A prefix is like ``/wiki``; `dispatcher.address.fault_of_path` says what is none.
    """

    def __init__(self, app: WSGIApplication, mounts: Mapping[str, WSGIApplication]) -> None:
        super().__init__(app, dict(mounts))
        self.depths: dict[str, int] = {}
        for prefix in mounts:
            first, depth = "/" + prefix.split("/")[1], prefix.count("/")
            self.depths[first] = max(depth, self.depths.get(first, 0))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        end = path.find("/", 1)
        prefix = path if end < 0 else path[:end]
        depth = self.depths.get(prefix)
        if depth != 1:  # then the first segment alone is not the mount
            prefix = self.longest(path, depth) if depth else ""
        if not prefix:
            environ.setdefault("SCRIPT_NAME", "")
            return self.app(environ, start_response)
        script = environ.get("SCRIPT_NAME", "") + prefix
        if prefix == path and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            there = redirect(with_slash(script, environ.get("QUERY_STRING", "")), 308)
            return there(environ, start_response)
        environ["SCRIPT_NAME"] = script
        environ["PATH_INFO"] = path[len(prefix) :]
        return self.mounts[prefix](environ, start_response)

    def longest(self, path: str, depth: int) -> str:
        """Return the longest mount of at most ``depth`` segments that ``path`` is in, or ""."""
        segments = path.split("/", depth + 1)[: depth + 1]
        while len(segments) > 1:
            prefix = "/".join(segments)
            if prefix in self.mounts:
                return prefix
            segments.pop()
        return ""


def with_slash(script: str, query: str) -> str:
    r"""Return where the app mounted at ``script`` begins, with the query as it was sent.

    >>> with_slash("/wiki", "q=a%20b&r=\xe9")
    '/wiki/?q=a%20b&r=%E9'
    """
    raw = quote(query, safe=string.punctuation, encoding="latin-1")
    return f"{quote(script, encoding='latin-1')}/" + (f"?{raw}" if query else "")

"""Who asked, and by which scheme, as the proxies in front say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Proxied(ProxyFix):
    """Believe of ``proxies`` in front what nginx overwrites: not Host, Port or Prefix.

    The same as its parent, for a tenth of the 3 µs where there is nothing to take apart: one
    proxy that names one address and a scheme. What a request was before is not kept.
    """

    def __init__(self, app: WSGIApplication, proxies: int) -> None:
        super().__init__(app, x_for=proxies, x_proto=proxies, x_host=0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        address = environ.get("HTTP_X_FORWARDED_FOR", "")
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "")
        if self.x_for == 1 and scheme in ("http", "https") and is_one(address):
            environ["REMOTE_ADDR"] = address
            environ["wsgi.url_scheme"] = scheme
            return self.app(environ, start_response)
        if scheme:
            self.make_plain(scheme, environ)
        return super().__call__(environ, start_response)

    def make_plain(self, scheme: str, environ: WSGIEnvironment) -> None:
        """Believe http and https alone (RFC 3986, section 3.1: in any case), not ``javascript``."""
        scheme = scheme.lower()
        if self._get_real_value(self.x_proto, scheme) in ("http", "https", None):
            environ["HTTP_X_FORWARDED_PROTO"] = scheme
        else:
            del environ["HTTP_X_FORWARDED_PROTO"]


def is_one(address: str) -> bool:
    """Whether a header names one thing, plainly.

    >>> is_one("203.0.113.9"), is_one("6.6.6.6, 203.0.113.9"), is_one(""), is_one(" ")
    (True, False, False, False)
    """
    return "," not in address and '"' not in address and address.strip() == address != ""

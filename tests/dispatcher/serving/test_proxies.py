from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.middleware.proxy_fix import ProxyFix

from dispatcher.serving.proxies import Proxied

Wrap = Callable[[Any], Any]

ADDRESSES = st.text(alphabet='19.:f,"\\ \t', max_size=12) | st.sampled_from(["", "203.0.113.9"])
SCHEMES = st.sampled_from(["", "http", "https", "https, http", "http, https", '"http"', " http"])


def seen(wrap: Wrap, **headers: str) -> dict[str, Any]:
    """Return what an app within the middleware is told."""
    told: dict[str, Any] = {}
    environ = {"REMOTE_ADDR": "", "wsgi.url_scheme": "http", "HTTP_HOST": "example.org", **headers}
    wrap(lambda environ, _: told.update(environ) or ())(environ, lambda *_: None)
    told.pop("werkzeug.proxy_fix.orig", None)
    return told


@given(ADDRESSES, SCHEMES, st.integers(1, 2))
def test_every_header_is_believed_as_werkzeug_believes_it(
    address: str, scheme: str, proxies: int
) -> None:
    said = {"HTTP_X_FORWARDED_FOR": address, "HTTP_X_FORWARDED_PROTO": scheme}
    headers = {name: value for name, value in said.items() if value}

    ours = seen(lambda app: Proxied(app, proxies), **headers)

    parent = seen(lambda app: ProxyFix(app, x_for=proxies, x_proto=proxies, x_host=0), **headers)
    assert ours == parent


@pytest.mark.parametrize(
    ("scheme", "believed"),
    [
        ("HTTPS", "https"),
        ("http, Https", "https"),
        ("javascript", "http"),
        ("https, gopher", "http"),
        ("https://", "http"),
    ],
)
def test_a_scheme_is_http_or_https_whoever_says_something_else(scheme: str, believed: str) -> None:
    environ = seen(lambda app: Proxied(app, 1), HTTP_X_FORWARDED_PROTO=scheme)
    assert environ["wsgi.url_scheme"] == believed
    assert environ.get("HTTP_X_FORWARDED_PROTO", believed).endswith(believed)

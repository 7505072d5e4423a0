"""What apps know from nginx, and from nobody who calls himself that."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.registry.variables import Variable
from dispatcher.serving.told import Told

VARIABLES = (
    Variable("country", source="$host"),
    Variable("tls_version", source="$ssl_protocol"),
    Variable("network", geo=(("10.0.0.0/8", "office"),), default="world"),
)


def seen(*, believed: bool = True, **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    app = Told(lambda environ, _: told.update(environ) or (), VARIABLES, believed=believed)
    app({"HTTP_HOST": "example.org", "REQUEST_METHOD": "GET", **headers}, lambda *_: print)
    return told


def test_what_nginx_says_is_known_by_its_name_alone() -> None:
    environ = seen(HTTP_X_SITE_COUNTRY="AT", HTTP_X_SITE_TLS_VERSION="TLSv1.3")

    assert environ == {
        "HTTP_HOST": "example.org",
        "REQUEST_METHOD": "GET",
        "site.country": "AT",
        "site.tls_version": "TLSv1.3",
        "site.network": "",
    }


@pytest.mark.parametrize("believed", [True, False])
@pytest.mark.parametrize("name", ["HTTP_X_SITE_ROLE", "HTTP_X_SITE_", "HTTP_X_SITE_COUNTRY_"])
def test_what_nobody_declared_is_gone(name: str, believed: bool) -> None:
    environ = seen(believed=believed, **{name: "evil"})

    assert "evil" not in environ.values()
    assert name not in environ


def test_without_nginx_each_has_its_default_whatever_a_visitor_says() -> None:
    environ = seen(believed=False, HTTP_X_SITE_COUNTRY="AT", HTTP_X_SITE_NETWORK="office")

    assert {name: value for name, value in environ.items() if name.startswith("site.")} == {
        "site.country": "",
        "site.tls_version": "",
        "site.network": "world",
    }
    assert "HTTP_X_SITE_COUNTRY" not in environ

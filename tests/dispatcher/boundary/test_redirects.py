from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.boundary.exchange import KEY, Exchange
from dispatcher.boundary.redirects import given_out, pulled_back

PREFIXES = ("/wiki", "/shop", "/wiki/admin")


def pulled(url: str, script: str = "/wiki", given: str = "") -> str:
    exchange = Exchange("wiki", "example.org/wiki", "id", 0, script)
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "Example.org", KEY: exchange}
    if given:
        given_out(given, environ)
        given_out("https://example.org/other", environ)
    return pulled_back(url, exchange, environ, PREFIXES)


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("/", "/wiki/"),
        ("/login", "/wiki/login"),
        ("/login?next=/wiki/a#b", "/wiki/login?next=/wiki/a#b"),
        ("/wikipedia", "/wiki/wikipedia"),
        ("/shop/", "/wiki/shop/"),
        ("https://example.org/login", "https://example.org/wiki/login"),
        ("/wiki/../login", "/wiki/login"),
        ("/wiki/%2e%2E/login?a", "/wiki/login?a"),
        ("/wiki/..", "/wiki/"),
        ("/wiki\\..\\login", "/wiki/login"),
        ("\\login", "/wiki/login"),
        ("/./", "/wiki/"),
        ("/../../login", "/wiki/login"),
        ("/\t/example.net", "/wiki/\t/example.net"),
        ("https://example.org/wiki/../login", "https://example.org/wiki/login"),
        ("https://example.org\\login", "https://example.org/wiki/login"),
        ("https://example.org", "https://example.org/wiki/"),
        ("https://example.org?a=b", "https://example.org/wiki/?a=b"),
        ("HTTPS://EXAMPLE.ORG:443/login", "HTTPS://EXAMPLE.ORG:443/wiki/login"),
        ("http://example.org:80/login", "http://example.org:80/wiki/login"),
    ],
)
def test_what_leads_out_of_the_mount_is_pulled_back(url: str, leads: str) -> None:
    assert pulled(url) == leads


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("/wiki", id="the mount"),
        pytest.param("/wiki/a?b#c", id="below the mount"),
        pytest.param("/wiki?b", id="the mount with a query"),
        pytest.param("/wiki/a/../b.html", id="below the mount, by a detour"),
        pytest.param("/shop/../wiki/", id="below the mount, by a long detour"),
        pytest.param("https://example.org/wiki/../shop/", id="another app, by a detour"),
        pytest.param("\\\\example.net", id="another host, all in backslashes"),
        pytest.param("\\/example.net", id="another host, half in backslashes"),
        pytest.param("https://example.org/wiki/a", id="below the mount, absolute"),
        pytest.param("https://example.org/shop", id="another app, absolute"),
        pytest.param("https://example.org/shop/cart?a", id="below another app, absolute"),
        pytest.param("https://example.net/login", id="another host"),
        pytest.param("https://example.org:8443/login", id="another port"),
        pytest.param("https://user@example.org/login", id="not quite this host"),
        pytest.param("https://example.org.evil.net/", id="begins like this host"),
        pytest.param("//example.net/login", id="another host, without a scheme"),
        pytest.param("/\\example.net", id="another host, as browsers read it"),
        pytest.param("login", id="relative"),
        pytest.param("../login", id="relative, upwards"),
        pytest.param("?page=2", id="a query"),
        pytest.param("#top", id="a fragment"),
        pytest.param("", id="empty"),
        pytest.param("mailto:a@example.org", id="no address of the web"),
        pytest.param("https:/login", id="a scheme without a host"),
    ],
)
def test_what_is_meant_as_it_is_is_left_alone(url: str) -> None:
    assert pulled(url) == url


@pytest.mark.parametrize("url", ["/", "/login", "https://example.org/login"])
def test_an_app_of_a_whole_host_leads_wherever_it_says(url: str) -> None:
    assert pulled(url, script="") == url


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://example.org/", "https://example.org/"),
        ("https://example.org/?a=b#c", "https://example.org/?b=c"),
        ("/news", "/news"),
    ],
)
def test_an_address_of_another_app_that_was_given_out_is_left_alone(url: str, given: str) -> None:
    assert pulled(url, given=given) == url
    assert pulled(url) != url


@given(st.text(alphabet="/wik.:hpts\\?#@a%2e", max_size=30))
def test_whatever_is_pulled_back_once_is_left_alone_then(url: str) -> None:
    assert pulled(pulled(url)) == pulled(url)

"""What a client gets over https, and by http where there is https, with a real nginx."""

from __future__ import annotations

import http.client
import socket
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dispatcher.registry.site import Site
from dispatcher.registry.tls import Tls
from tests.deploy.test_nginx import SITE as PLAIN
from tests.deploy.test_nginx import long_host, many_hosts
from tests.deploy.webserver import Web, checked, configured, needs_nginx, running

pytestmark = needs_nginx

TLS = Tls(email="ada@example.org", hsts_subdomains=True)
SITE = replace(PLAIN, tls=TLS)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    with running(SITE, folder) as web:
        yield web


@pytest.mark.parametrize("host", ["example.org", "watch.example.org", "choir.archive.example.org"])
def test_each_host_answers_over_https(web: Web, host: str) -> None:
    headers = web.get_securely(host).echo["headers"]

    assert headers["host"] == host
    assert headers["x-forwarded-proto"] == "https"


@pytest.mark.parametrize("path", ["/", "/a%2Fb//c/?q=%20", "/.well-known/security.txt"])
def test_http_leads_to_the_same_address_over_https(web: Web, path: str) -> None:
    answer = web.get("watch.example.org", path)

    assert answer.status == 308, "with the method and the body"
    assert answer.headers["location"] == f"https://watch.example.org{path}"


@pytest.mark.parametrize("host", ["example.org", "lonely.example.net", "not-yet.example.org"])
def test_an_authority_is_answered_by_http_for_any_host(web: Web, folder: Path, host: str) -> None:
    token = folder / "webroot/.well-known/acme-challenge/token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text("token.print")

    answer = web.get(host, "/.well-known/acme-challenge/token")

    assert (answer.status, answer.body) == (200, b"token.print")
    assert answer.headers["content-type"] == "text/plain"


def test_an_authority_is_answered_while_the_site_has_http_alone() -> None:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        token = Path(name, "webroot/.well-known/acme-challenge/token")
        token.parent.mkdir(parents=True)
        token.write_text("token.print")
        Path(name).chmod(0o755)
        with running(PLAIN, Path(name)) as web:
            answer = web.get("example.org", "/.well-known/acme-challenge/token")

    assert (answer.status, answer.body) == (200, b"token.print")


def test_an_authority_is_not_shown_what_a_link_leads_to(web: Web, folder: Path) -> None:
    link = folder / "webroot/.well-known/acme-challenge/link"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder / "site.conf")

    assert web.get("example.org", "/.well-known/acme-challenge/link").status == 403
    assert web.get("example.org", "/.well-known/acme-challenge/nothing").status == 404


@pytest.mark.parametrize("host", ["evil.org", "x.example.org"])
def test_no_certificate_is_shown_for_a_host_that_is_nobodys(web: Web, host: str) -> None:
    with pytest.raises(ssl.SSLError, match=r"UNRECOGNIZED_NAME|unrecognized name"):
        web.get_securely(host)


def test_who_knows_one_host_does_not_reach_a_strange_one(web: Web) -> None:
    assert web.get_securely("evil.org", named="example.org").status == 421


def test_browsers_are_told_of_https(web: Web) -> None:
    told = {
        host: web.get_securely(host).headers["strict-transport-security"]
        for host in ("example.org", "watch.example.org", "lonely.example.net")
    }

    assert told == {
        "example.org": "max-age=63072000; includeSubDomains",
        "watch.example.org": "max-age=63072000; includeSubDomains",
        "lonely.example.net": "max-age=63072000",
    }
    assert "strict-transport-security" not in web.get("example.org").headers, "RFC 6797, 7.2"


def spoken(web: Web, offer: ssl.TLSVersion, ciphers: str = "", alpn: str = "h2") -> tuple[str, ...]:
    """Return the version, the cipher and the protocol that nginx takes of an offer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = offer
    context.set_alpn_protocols([alpn])
    if ciphers:
        context.set_ciphers(ciphers)
    with (
        socket.create_connection(("127.0.0.1", web.https), 10) as plain,
        context.wrap_socket(plain, server_hostname="example.org") as connection,
    ):
        cipher = connection.cipher()
        return (
            str(connection.version()),
            str(cipher and cipher[0]),
            str(connection.selected_alpn_protocol()),
        )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_http_2_is_spoken_over_both_versions(web: Web, version: ssl.TLSVersion) -> None:
    said, _, protocol = spoken(web, version)

    assert (said, protocol) == (version.name.replace("_", "."), "h2")


@pytest.mark.parametrize("ciphers", ["AES128-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(
    web: Web, ciphers: str
) -> None:
    with pytest.raises(ssl.SSLError):
        spoken(web, ssl.TLSVersion.TLSv1_2, f"{ciphers}:@SECLEVEL=0")


def test_a_proxy_in_front_is_believed_to_have_https(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        site = replace(PLAIN, tls=Tls(elsewhere=True))
        with running(site, Path(name)) as web:
            answer = web.get("example.org")

            assert answer.echo["headers"]["x-forwarded-proto"] == "https"
            with pytest.raises(ConnectionRefusedError):
                web.get_securely("example.org")


@pytest.mark.parametrize("site", [many_hosts(), long_host()], ids=["many hosts", "long host"])
def test_nginx_accepts_any_site(tmp_path: Path, site: Site) -> None:
    done = checked(configured(replace(site, tls=TLS), tmp_path))

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_a_redirect_keeps_to_the_host_that_was_matched(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    connection.request("GET", "http://watch.example.org/x", headers={"Host": "example.org"})
    location = connection.getresponse().headers["Location"]
    connection.close()

    assert location == "https://watch.example.org/x"

"""What site.toml says of https, and what it cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import load
from dispatcher.registry.tls import LETS_ENCRYPT, TWO_YEARS, Own, Tls, secured

START = """\
name = "yard"
domain = "example.org"
"""
APPS = """
[apps.portal]
app = "a:b"
path = "/"

[apps.archive]
app = "a:b"
subdomain = "archive"
tenants = "*.archive"
domains = ["archive.example.net"]
"""
OWN = '{certificate = "/etc/ssl/a.pem", key = "/etc/ssl/a.key"}'


def site(tmp_path: Path, text: str, environment: str = "") -> Site:
    path = tmp_path / "site.toml"
    path.write_text(text)
    return load(path, environment)


def test_without_its_table_a_site_has_http_alone(tmp_path: Path) -> None:
    found = site(tmp_path, START + APPS)

    assert (found.scheme, found.tls, secured(found)) == ("https", None, ())


def test_an_address_of_mail_is_all_that_https_needs(tmp_path: Path) -> None:
    found = site(tmp_path, f'{START}tls.email = "ada@example.org"\n{APPS}')

    assert found.tls == Tls("ada@example.org", LETS_ENCRYPT, hsts_seconds=TWO_YEARS)
    assert secured(found) == found.hosts


@pytest.mark.parametrize("text", ['scheme = "http"', "tls.elsewhere = true"])
def test_nginx_has_no_certificates_for_http_or_where_a_proxy_has_them(
    tmp_path: Path, text: str
) -> None:
    mail = 'tls.email = "ada@example.org"\n' if "scheme" in text else ""

    assert secured(site(tmp_path, f"{START}{mail}{text}\n{APPS}")) == ()


def test_a_certificate_is_a_host_s_own_or_of_all_below(tmp_path: Path) -> None:
    text = f"""{START}{APPS}
[tls.certificates]
"*.example.org" = {OWN}
"archive.example.net" = {OWN.replace("/a.", "/b.")}
"*.archive.example.org" = {OWN.replace("/a.", "/c.")}
"example.org" = {OWN}
"""
    tls = site(tmp_path, text).tls

    assert tls is not None
    assert tls.own("archive.example.net") == Own("/etc/ssl/b.pem", "/etc/ssl/b.key")
    assert tls.own("archive.example.org") == tls.own("example.org")
    assert tls.own("*.archive.example.org") == Own("/etc/ssl/c.pem", "/etc/ssl/c.key")
    assert tls.own("a.wiki.example.org") is None


def test_an_environment_has_the_mail_but_not_the_certificates(tmp_path: Path) -> None:
    text = f"""{START}{APPS}
[tls]
email = "ada@example.org"
certificates."example.org" = {OWN}

[environments.staging]
domain = "staging.example.org"
"""
    tls = site(tmp_path, text, "staging").tls

    assert tls == Tls("ada@example.org")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ('email = "ada"', "line 5: tls.email = 'ada': is no address of mail"),
        ('directory = "http://ca.example"', "is not where an authority's ACME begins"),
        ("hsts = 3", "tls.hsts = 3: is not a key of this table; known are email, directory,"),
        ("hsts_seconds = -1", "must be greater than or equal to 0"),
        (f'certificates."a b" = {OWN}', "'a b': is neither a host, like"),
        (
            f'email = "a@b.org"\ncertificates."evil.org" = {OWN}',
            "certificates.evil.org: is the certificate of no host of the site; it has example.org",
        ),
        (
            f'certificates."example.org" = {OWN}',
            "tls: gives archive.example.org no certificate; write email",
        ),
        ("", "tls: gives example.org no certificate; write email"),
        (
            'email = "a@b.org"\nelsewhere = true',
            "tls.email: is of no use while tls.elsewhere says that a proxy in front has them",
        ),
        (
            'email = "a@b.org"\nservers.a = {host = "a", address = "10.0.0.1"}\n'
            'servers.b = {host = "b", address = "10.0.0.2"}\n'
            'nginx = {trusted_proxies = ["10.0.0.9"], proxy_protocol = true}',
            "tls.email: needs that 2 servers ask each other on port 80, and with "
            "nginx.proxy_protocol that speaks to proxies alone; name files in tls.certificates",
        ),
    ],
    ids=lambda value: value[:20],
)
def test_what_does_not_fit_is_told(tmp_path: Path, given: str, fault: str) -> None:
    lines = given.split("\n")
    servers = "\n".join(line for line in lines if line.startswith(("servers", "nginx")))
    tls = given.removesuffix(servers) if servers else given

    with pytest.raises(RegistryError) as raised:
        site(tmp_path, f"{START}{servers}\n[tls]\n{tls}\n{APPS}")

    assert fault in str(raised.value)
    assert len(raised.value.faults) == 1


@pytest.mark.parametrize(
    "path",
    [
        "a.pem",
        "/root/a.pem",
        "/etc/../root/a",
        "/etc/flaskyard/other/tls/a.pem",
        "/etc/a b",
        "/etc",
    ],
)
def test_a_certificate_lies_below_etc_and_is_no_other_site_s(tmp_path: Path, path: str) -> None:
    own = OWN.replace("/etc/ssl/a.key", path)

    with pytest.raises(RegistryError, match="must be a path below /etc on the server"):
        site(
            tmp_path, f'{START}[tls]\nemail = "a@b.org"\ncertificates."example.org" = {own}\n{APPS}'
        )

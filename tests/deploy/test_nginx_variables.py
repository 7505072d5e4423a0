"""What nginx tells apps of a request, whatever its sender says, with a real nginx."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dispatcher.registry.nginx import Nginx
from dispatcher.registry.tls import Tls, fault_of_authorities
from dispatcher.registry.variables import SOURCES, variables
from tests.deploy.sample import SITE as PLAIN
from tests.deploy.webserver import Answer, Web, answered, checked, configured, needs_nginx, running
from tests.integration.served import until

pytestmark = needs_nginx

Signer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]

PROXY, OFFICE = "127.0.0.50", "127.0.1.7"
TOLD = variables(
    {
        "request": "$request_id",
        "tls_version": "$ssl_protocol",
        "cipher": "$ssl_cipher",
        "client": "$ssl_client_s_dn",
        "verified": "$ssl_client_verify",
        "country": {"header": "CF-IPCountry"},
        "network": {"geo": {"127.0.1.0/24": "office", "2001:db8::/32": "six", "default": "world"}},
        "brand": {"of": "$host", "map": {"example.org": "main", "include": "x", "": "none"}},
    }
)
SITE = replace(PLAIN, nginx=Nginx((f"{PROXY}/32",), variables=TOLD))


def certificate(name: str, by: Signer | None = None) -> Signer:
    """Return a certificate, an authority's where nobody else has signed it, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(by[0].subject if by else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(by[1] if by else key, hashes.SHA256())
    )
    return made, key


def pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def authority() -> Signer:
    return certificate("Ada's authority")


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Web]:
    with running(SITE, folder) as web:
        yield web


@pytest.fixture(scope="module")
def secure(authority: Signer) -> Iterator[Web]:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        Path(name).chmod(0o755)
        tls = Tls(email="ada@example.org", client_ca=pem(authority[0]))
        with running(replace(SITE, tls=tls), Path(name)) as web:
            yield web


def told(web: Web, client: str = "127.0.0.9", **headers: str) -> dict[str, str]:
    found = web.get("example.org", client=client, **headers).echo["headers"]
    return {name.removeprefix("x-site-"): value for name, value in found.items() if "site" in name}


def test_an_app_is_told_what_nginx_knows(web: Web) -> None:
    found = told(web)

    assert re.fullmatch(r"[0-9a-f]{32}", found.pop("request"))
    assert found == {"network": "world", "brand": "main"}, "and nothing of TLS"


@pytest.mark.parametrize(
    ("client", "visitor", "network"),
    [
        (OFFICE, "", "office"),
        (PROXY, "127.0.1.99", "office"),
        (PROXY, "2001:db8::9", "six"),
        (PROXY, "203.0.113.9", "world"),
        ("127.0.0.9", "127.0.1.99", "world"),
    ],
)
def test_a_network_is_that_of_the_visitor(
    web: Web, client: str, visitor: str, network: str
) -> None:
    assert told(web, client, X_Forwarded_For=visitor)["network"] == network


def test_a_proxys_word_is_told_and_nobody_elses(web: Web) -> None:
    assert told(web, PROXY, CF_IPCountry="AT")["country"] == "AT"
    assert "country" not in told(web, CF_IPCountry="AT")


def test_what_a_visitor_says_is_overwritten_however_it_is_written(web: Web) -> None:
    lines = [
        "X-Site-Network: evil",
        "x-site-network: evil",
        "X-SITE-NETWORK: evil",
        "X_Site_Network: evil",
        "X-Site_Network: evil",
        "X-Site-Country: evil",
        "X-Site-Country : evil",
        "X-Site-Brand: evil",
        "X-Site-Request: evil",
    ]
    for some in ([one] for one in lines):
        text = "\r\n".join(["GET / HTTP/1.1", "Host: example.org", "Connection: close", *some])
        with socket.create_connection(("127.0.0.1", web.port), 10) as connection:
            connection.sendall(f"{text}\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"evil" not in answer


def test_nginxs_log_has_the_address_of_the_visitor_and_the_id_of_the_request(
    web: Web, folder: Path
) -> None:
    found = told(web, PROXY, X_Forwarded_For="203.0.113.77", User_Agent='a" b')

    def lines() -> list[str]:
        all_ = (folder / "access.log").read_text().splitlines()
        return [line for line in all_ if line.startswith("203.0.113.77 - - [")]

    until("the line is there", lambda: len(lines()) == 1)  # which comes after the answer
    (line,) = lines()
    assert line.endswith(f'"a\\x22 b" {found["request"]}')


def test_the_version_of_tls_is_told(secure: Web) -> None:
    found = secure.get_securely("example.org").echo["headers"]

    assert found["x-site-tls-version"] == "TLSv1.3"
    assert found["x-site-cipher"].startswith("TLS_")
    assert found["x-site-verified"] == "NONE"
    assert "x-site-client" not in found


def shown(
    web: Web, made: x509.Certificate, key: ec.EllipticCurvePrivateKey, folder: Path
) -> Answer:
    """Ask, showing a certificate."""
    file = folder / "client.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(secret + pem(made).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(file)
    connection = http.client.HTTPSConnection("127.0.0.1", web.https, timeout=10, context=context)
    plain = socket.create_connection(("127.0.0.1", web.https), 10)
    connection.sock = context.wrap_socket(plain, server_hostname="example.org")
    return answered(connection, "example.org", "/", {"X-Site-Client": "CN=evil"})


def test_a_visitors_certificate_is_told_where_its_authority_is_known(
    secure: Web,
    authority: Signer,
    tmp_path: Path,
) -> None:
    found = shown(secure, *certificate("Grace", authority), tmp_path).echo["headers"]

    assert (found["x-site-client"], found["x-site-verified"]) == ("CN=Grace", "SUCCESS")


def test_a_certificate_of_anybody_else_is_refused(secure: Web, tmp_path: Path) -> None:
    other = certificate("Ada's authority")
    answer = shown(secure, *certificate("Grace", other), tmp_path)

    assert answer.status == 400
    assert b"Grace" not in answer.body
    assert b"<h1>This request cannot be read</h1>" in answer.body


def test_authorities_are_certificates_and_nothing_else(
    authority: Signer,
) -> None:
    text = pem(authority[0])

    assert fault_of_authorities(text) is None
    assert fault_of_authorities(f"\n{text}\n{text}") is None
    for wrong in ("", "/etc/ca.pem", f"{text}x", text.replace("CERTIFICATE", "PRIVATE KEY")):
        assert "is not the certificates of authorities" in str(fault_of_authorities(wrong))
    assert "cannot be read" in str(fault_of_authorities(text.replace("MI", "AA", 1)))


def test_nginx_accepts_all_that_can_be_told(tmp_path: Path) -> None:
    each = {f"v{n}": source for n, source in enumerate(sorted(SOURCES))}
    odd = dict.fromkeys(("hostnames", "volatile", "~a", "~*a", "*.b", "tab", "new", "a b"), "x")
    tables = {
        "keys": {"of": "$host", "map": {**odd, "default": "= a,b (c)"}},
        "geo": {"geo": {"10.0.0.0/8": "a b", "::/1": "six"}},
        "none": {"of": "$host", "map": {}},
        "nobody": {"geo": {}},
        "header": {"header": "X-A"},
    }
    for trusted in (("10.0.0.1/32",), ()):
        site = replace(PLAIN, nginx=Nginx(trusted, variables=variables({**each, **tables})))
        done = checked(configured(site, tmp_path))
        assert done.returncode == 0, done.stderr
        assert "warn" not in done.stderr

"""With which certificate does the site here speak TLS? With one it signs itself.

Imported where one is asked for alone: servers do without the library that makes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=397)
"""Browsers refuse what is valid for longer (CA/Browser Forum, Baseline Requirements 6.3.2)."""

LEFT = timedelta(days=7)
"""One that ends sooner is made again."""

ALWAYS = ("localhost", "*.localhost", "127.0.0.1", "::1")


def ensure(file: Path, names: Iterable[str], now: datetime | None = None) -> None:
    """Have a key and a certificate for ``names``, hosts or IP addresses, in ``file``.

    It is readable by its owner alone, and stays the same until it ends soon or lacks a
    name: a browser that was told to trust it is asked once.
    """
    wanted = frozenset((*ALWAYS, *names))
    now = now or datetime.now(UTC)
    if not serves(file, wanted, now):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".new")
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600)
        beside.write_bytes(made(wanted, now))
        beside.replace(file)


def serves(file: Path, wanted: frozenset[str], now: datetime) -> bool:
    """Whether the file has a certificate for all names that does not end soon."""
    try:
        there = x509.load_pem_x509_certificate(file.read_bytes())
        extension = there.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    names = {str(name.value) for name in extension.value}
    return wanted <= names and now + LEFT < there.not_valid_after_utc


def made(names: Iterable[str], now: datetime) -> bytes:
    """Return a new key and its certificate (RFC 7468)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Flaskyard on this machine")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([general(n) for n in sorted(names)]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(usage, False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + signed.public_bytes(Encoding.PEM)


def general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)

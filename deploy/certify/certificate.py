"""What does a PEM file with a key and a certificate hold? openssl reads it."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.onhost.placeholder import ISSUER

MOST_BYTES = 200_000
"""Of a key or a chain; and nothing that is no file is read, for others may have put it there."""

NAME = re.compile(r"DNS:([A-Za-z0-9.*-]+)")


class Unfit(Exception):
    """Why a file cannot serve; says nothing of what is in it."""


class UnfitKey(Unfit):
    """The same, of a key."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What of a certificate matters here."""

    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    issuer: str

    @property
    def placeholder(self) -> bool:
        return self.issuer == f"O={ISSUER}"

    def covers(self, host: str) -> bool:
        """Whether browsers take it for a host's (RFC 9525, section 6.3).

        >>> now = datetime(2026, 11, 21, tzinfo=UTC)
        >>> one = Certificate(("*.example.org",), now, now, "O=Somebody")
        >>> one.covers("wiki.example.org"), one.covers("example.org")
        (True, False)
        """
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


def read(path: Path) -> bytes:
    """Return a file's bytes; raises `Unfit`. It may be anybody's: it is not waited for."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unfit(f"{path} cannot be read: {error.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise Unfit(f"{path} is not a file")
        content = os.read(opened, MOST_BYTES + 1)
    finally:
        os.close(opened)
    if len(content) > MOST_BYTES:
        raise Unfit(f"{path} is too long to be a certificate or its key")
    return content


def looked_at(pem: bytes) -> Certificate:
    """Return what the first certificate of a file says; raises `Unfit`."""
    shown = ("-startdate", "-enddate", "-issuer", "-nameopt", "RFC2253,sep_comma_plus")
    said = openssl("x509", "-noout", *shown, "-ext", "subjectAltName", feed=pem)
    fields = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    try:
        begins, ends = moment(fields["notBefore"]), moment(fields["notAfter"])
    except (KeyError, ValueError):
        raise Unfit("openssl cannot tell its dates") from None
    return Certificate(tuple(NAME.findall(said)), begins, ends, fields.get("issuer", ""))


def moment(text: str) -> datetime:
    """Read openssl's time.

    >>> moment("Nov 21 11:00:00 2026 GMT").isoformat()
    '2026-11-21T11:00:00+00:00'
    """
    return datetime.strptime(text, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)


def joined(chain: bytes, key: bytes, host: str) -> tuple[bytes, Certificate]:
    """Return both as nginx takes them from one file; raises `Unfit` unless both are a host's."""
    found = looked_at(chain)
    if not found.covers(host):
        raise Unfit(f"is for {', '.join(found.names) or 'no host'}, not for {host}")
    if openssl("x509", "-noout", "-pubkey", feed=chain) != openssl("pkey", "-pubout", feed=key):
        raise UnfitKey("is the key of another certificate")
    return key.rstrip(b"\n") + b"\n" + chain.rstrip(b"\n") + b"\n", found


def given(certificate: Path, key: Path, host: str) -> bytes:
    """Return both as `joined` does, from where somebody put them; raises `Unfit`, with the path."""
    chain, secret = read(certificate), read(key)
    try:
        return joined(chain, secret, host)[0]
    except UnfitKey as error:
        raise Unfit(f"{key} {error}") from None
    except Unfit as error:
        raise Unfit(f"{certificate} {error}") from None


def openssl(*words: str, feed: bytes) -> str:
    """Return what openssl says of something; raises `Unfit` where it is not that."""
    secret = ("-passin", "pass:") if words[0] == "pkey" else ()  # it would ask a person
    done = subprocess.run(
        ("openssl", *words, *secret), input=feed, capture_output=True, check=False
    )
    if done.returncode:
        if words[0] == "pkey":
            raise UnfitKey("is no key without a passphrase in PEM that openssl can read")
        raise Unfit("is no certificate in PEM that openssl can read")
    return done.stdout.decode("utf-8", "replace")

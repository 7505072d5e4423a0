"""By what certificate is each host of a site reached over https?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dispatcher.registry.site import Site

Found = tuple[tuple[str, ...], str, Any]

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
TWO_YEARS = 63_072_000

EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
DIRECTORY = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?")
FILE = re.compile(r"/etc(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
PEM = re.compile(
    r"\s*(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,76}\n){1,200}+"
    r"-----END CERTIFICATE-----\s*){1,50}+"
)
PATTERN = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Own:
    """A certificate that somebody else sees to: paths of PEM files on each server."""

    certificate: str
    """With the chain, the certificate itself first."""

    key: str


@dataclass(frozen=True, slots=True)
class Tls:
    """How the site is served over https."""

    email: str = ""
    """Whom the certificate authority writes to; nothing is asked for where it is empty."""

    directory: str = LETS_ENCRYPT
    """Where the authority's ACME begins (RFC 8555, section 7.1.1)."""

    elsewhere: bool = False
    """Whether a proxy in front has the certificates, and comes here by http."""

    hsts_seconds: int = TWO_YEARS
    """How long browsers are to take https alone (RFC 6797); 0 says nothing to them."""

    hsts_subdomains: bool = False
    """Whether that holds for every name below the domain, of other sites too."""

    certificates: Mapping[str, Own] = field(default_factory=dict, hash=False)
    """By the host, or by all one label below it, as in ``*.example.org``."""

    client_ca: str = ""
    """Certificates of authorities, as PEM: visitors may show one of theirs."""

    def own(self, host: str) -> Own | None:
        """Return the certificate given for a host: its own before one for many.

        >>> many = Tls(certificates={"*.example.org": Own("/etc/a", "/etc/b")})
        >>> many.own("wiki.example.org") is None, many.own("a.wiki.example.org") is None
        (False, True)
        """
        above = f"*.{host.partition('.')[2]}"
        return self.certificates.get(host) or self.certificates.get(above)


def secured(site: Site) -> tuple[str, ...]:
    """Return the hosts that nginx answers for over https, where the site is looked at from."""
    return site.hosts if site.tls and not site.tls.elsewhere else ()


def asked_from(site: Site) -> tuple[str, ...]:
    """Return the hosts whose certificates an authority is asked for, from there."""
    tls = site.tls
    return tuple(host for host in secured(site) if tls and tls.own(host) is None)


def told_apart(site: Site) -> bool:
    """Whether each of its servers is to know which it is: edges, and who prove hosts together."""
    return bool(site.edges) or (len(site.entrances) > 1 and bool(asked_from(site)))


def unproved(site: Site) -> tuple[str, ...]:
    """Return the hosts that stand for many, whose certificate no authority gives by http-01."""
    return tuple(host for host in asked_from(site) if host.startswith("*"))


def fault_of_email(email: str) -> str | None:
    if EMAIL.fullmatch(email):
        return None
    return "is no address of mail; write one like 'you@example.org'"


def fault_of_directory(url: str) -> str | None:
    if DIRECTORY.fullmatch(url):
        return None
    return f"is not where an authority's ACME begins; write one like '{LETS_ENCRYPT}'"


def fault_of_file(path: str) -> str | None:
    """Root reads it, so it is where keys of root's are, and none of another site's."""
    if FILE.fullmatch(path) and not path.startswith("/etc/flaskyard/"):
        return None
    return "must be a path below /etc on the server, like '/etc/ssl/private/example.org.key'"


def fault_of_authorities(text: str) -> str | None:
    """Say what would make it certificates as nginx reads them, and nothing that hides others."""
    if not PEM.fullmatch(text):
        right = "write what openssl calls PEM, from -----BEGIN CERTIFICATE----- on, and no key"
        return f"is not the certificates of authorities; {right}"
    import ssl  # 10 ms that a worker of gunicorn's need not wait for

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except ssl.SSLError as error:
        return f"has a certificate that cannot be read: {error.reason or error}"
    return None


def fault_of_pattern(name: str) -> str | None:
    if PATTERN.fullmatch(name):
        return None
    return "is neither a host, like 'example.org', nor all below one, like '*.example.org'"


def errors_of_tls(
    tls: Tls, hosts: tuple[str, ...], entrances: int, *, proxy_protocol: bool
) -> Iterator[Found]:
    """Yield what does not fit the site: a certificate of nobody's, a host without any.

    ``entrances`` is how many servers visitors reach, each with certificates of its own.
    """
    if tls.elsewhere:
        for key in ("email", "certificates", "client_ca"):
            if getattr(tls, key):
                message = "is of no use while tls.elsewhere says that a proxy in front has them"
                yield ("tls", key), f"{message}; leave out one of the two", None
        return
    for name in tls.certificates:
        if not any(tls.own(host) is tls.certificates[name] for host in hosts):
            message = f"is the certificate of no host of the site; it has {', '.join(hosts)}"
            yield ("tls", "certificates", name), message, None
    asked = [host for host in hosts if tls.own(host) is None]
    if asked and not tls.email:
        message = f"gives {asked[0]} no certificate; write email to have one from Let's Encrypt"
        yield ("tls",), f"{message}, or name its files in tls.certificates", None
    if asked and tls.email and entrances > 1 and proxy_protocol:
        message = f"needs that {entrances} servers ask each other on port 80, and with "
        message += "nginx.proxy_protocol that speaks to proxies alone"
        right = "name files in tls.certificates, or write elsewhere = true"
        yield ("tls", "email"), f"{message}; {right} (docs/https.md)", None

"""What is a host name, what is a path prefix: normalising and checking both."""

import re
from dataclasses import dataclass

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""One label of a host name, in lower case (RFC 1123, section 2.1)."""

SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
"""A path segment that is written in only one way (RFC 3986, "unreserved")."""

PORT = re.compile(r"[0-9]{0,5}")

IP_LITERAL = re.compile(r"\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]")

LOCAL_DOMAIN = "localhost"
"""The domain on a developer's machine: browsers and curl resolve all below it (RFC 6761)."""

PROBE_HOST = "dispatcher.internal"
"""Where the dispatcher answers for itself, never through a proxy. ICANN keeps .internal private."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an app answers.

    >>> print(Address("example.org", "/wiki"))
    example.org/wiki/
    """

    host: str
    """Normalised: lower case, no port, no trailing dot.

    One like ``*.archive.example.org`` stands for all names one label below that.
    """

    path: str = ""
    """A prefix like ``/wiki``; empty for the whole host."""

    def __str__(self) -> str:
        return f"{self.host}{self.path}/"


def host_of(header: str) -> str | None:
    """Return the host a ``Host`` header names, normalised, or None where it names none.

    >>> host_of("Archive.Example.ORG.:8080"), host_of("[::1]:80"), host_of("a b")
    ('archive.example.org', '[::1]', None)
    """
    host, separator, port = header.lower().rpartition(":")
    if not separator or "]" in port:
        host = header.lower()
    elif not PORT.fullmatch(port):
        return None
    if host.startswith("["):
        return host if IP_LITERAL.fullmatch(host) else None
    host = host.removesuffix(".")
    return host if is_host(host) else None


def is_host(name: str) -> bool:
    """Whether ``name`` is a host name or an IPv4 address, normalised."""
    return len(name) <= 253 and all(LABEL.fullmatch(label) for label in name.split("."))


def fault_of_host(name: str) -> str | None:
    """Say what would make ``name`` a host name, or None where it is one."""
    if is_host(name):
        return None
    if host_of(name) not in (None, name):
        return f"must be a bare host name; write {host_of(name)!r}"
    if not name.isascii():
        return "must be in ASCII; write the xn-- form of the name (IDNA)"
    return "is not a host name; write one like 'wiki.example.net'"


def fault_of_label(name: str) -> str | None:
    """Say what would make ``name`` one label of a host name, or None where it is one."""
    if LABEL.fullmatch(name):
        return None
    return "is not a host label; write letters, digits and inner hyphens, like 'archive'"


def fault_of_path(path: str) -> str | None:
    """Say why a request can never match ``path``, or None where one can.

    >>> fault_of_path("/wiki/")
    "can never match: a prefix ends without a slash; write '/wiki'"
    """
    if path == "/":
        return None
    right = "/" + "/".join(part for part in path.split("/") if part)
    if not path.startswith("/"):
        return f"can never match: a prefix starts with a slash; write {right!r}"
    if path.endswith("/"):
        return f"can never match: a prefix ends without a slash; write {right!r}"
    for segment in path[1:].split("/"):
        if segment in ("", ".", ".."):
            return f"can never match: proxies and browsers resolve {segment!r} in a path"
        if not SEGMENT.fullmatch(segment):
            return (
                f"can never match: {segment!r} may hold only letters, digits and '-', '.', '_', '~'"
            )
    return None

"""Where an app can answer: which hosts and path prefixes a registry may name."""

import re
from dataclasses import dataclass

from dispatcher.registry.hosts import HOST_LABEL, ascii_host, host_of, is_host

SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
"""A path segment that is written in only one way (RFC 3986, "unreserved")."""

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


def in_ascii(name: str) -> str:
    """Return a name of any script in its xn-- form (IDNA); others as they are.

    >>> in_ascii("bücher.example"), in_ascii("Example.org")
    ('xn--bcher-kva.example', 'Example.org')
    """
    return name if name.isascii() else ascii_host(name) or name


def fault_of_host(name: str) -> str | None:
    """Say what would make ``name`` a host name, or None where it is one."""
    if is_host(name):
        return None
    if name.isascii() and host_of(name) not in (None, name):
        return f"must be a bare host name; write {host_of(name)!r}"
    return "is not a host name; write one like 'wiki.example.net'"


def fault_of_label(name: str) -> str | None:
    """Say what would make ``name`` one label of a host name, or None where it is one."""
    if HOST_LABEL.fullmatch(name):
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

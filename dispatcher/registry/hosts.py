"""Which host does a Host header name? Every spelling of one host is read as one."""

import ipaddress
import re

import idna

HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""One label of a host name, in lower case (RFC 1123, section 2.1)."""

IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
IPV6_AND_PORT = re.compile(r"\[([0-9a-fA-F:.]{2,45})\](?::(.*))?")
PORT = re.compile(r"[0-9]{1,5}")

LONGEST = 1024
"""Bytes; a name of 253 letters (RFC 1035) has less, in UTF-8 too."""


def host_and_port(header: str) -> tuple[str, str] | None:
    """Read a Host header (RFC 9110, section 7.2), or return None where it names no host.

    The port begins with its colon, or is empty where there is none. Bytes outside ASCII
    come as PEP 3333 has them, decoded from latin-1, and mean UTF-8.

    >>> host_and_port("Archive.Example.ORG.:8080"), host_and_port("[::0:1]"), host_and_port("a b")
    (('archive.example.org', ':8080'), ('[::1]', ''), None)
    """
    if len(header) > LONGEST:
        return None
    if not header.isascii():
        try:
            header = header.encode("latin-1").decode()
        except UnicodeError:
            return None
    if header.startswith("["):
        match = IPV6_AND_PORT.fullmatch(header)
        host, port = (ipv6(match[1]), match[2]) if match else (None, "")
    else:
        name, _, port = header.partition(":")
        host = ascii_host(name)
    if host is None or (port and not PORT.fullmatch(port)) or int(port or 0) > 65535:
        return None
    return host, f":{int(port)}" if port else ""


def host_of(header: str) -> str | None:
    """Return the host that a Host header names, normalised, or None where it names none."""
    read = host_and_port(header)
    return read and read[0]


def ascii_host(name: str) -> str | None:
    """Return a host name in lower case, in ASCII (UTS 46) and without a dot at its end.

    None where it is no host name. What is in ASCII already is not looked into: an xn--
    label that means nothing is the name of nobody.

    >>> ascii_host("Bücher.example."), ascii_host("a_b")
    ('xn--bcher-kva.example', None)
    """
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            return None
    name = name.lower().removesuffix(".")
    return name if is_host(name) else None


def ipv6(text: str) -> str | None:
    """Return an IPv6 address in brackets as RFC 5952 writes it, or None where it is none."""
    try:
        return f"[{ipaddress.IPv6Address(text).compressed}]"
    except ValueError:
        return None


def is_host(name: str) -> bool:
    """Whether ``name`` is a host name or an IPv4 address, normalised."""
    return len(name) <= 253 and all(HOST_LABEL.fullmatch(label) for label in name.split("."))


def is_address(host: str) -> bool:
    """Whether a normalised host is an IP address."""
    return host.startswith("[") or IPV4.fullmatch(host) is not None

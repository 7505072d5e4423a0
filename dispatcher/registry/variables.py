"""What does nginx tell apps of a request, under which names?

All of it ends in a configuration that root's nginx reads, so that names, sources, keys and values
are of few characters: none that quotes, ends or begins anything there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from dispatcher.registry.networks import fault_of_network

NAME = re.compile(r"(?=.{1,32}\Z)[a-z][a-z0-9]*(_[a-z0-9]+)*")
VALUE = re.compile(r"[A-Za-z0-9 ._:/+@,=()*~-]{0,200}")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
PREFIX = "X-Site-"
KEY = "site."
"""What the names begin with in a request of nginx's, and in the environ of an app."""

OWN = frozenset({"csp_nonce", "downloads", "tenant"})
"""What the dispatcher tells apps itself, by names like these."""

SOURCES = frozenset(
    f"${name}"
    for name in (
        # https://nginx.org/en/docs/http/ngx_http_core_module.html#variables
        "connection",
        "connection_requests",
        "host",
        "hostname",
        "msec",
        "remote_addr",
        "remote_port",
        "request_id",
        "request_length",
        "server_addr",
        "server_port",
        "server_protocol",
        "time_iso8601",
        # https://nginx.org/en/docs/http/ngx_http_realip_module.html#variables
        "realip_remote_addr",
        "realip_remote_port",
        # https://nginx.org/en/docs/http/ngx_http_ssl_module.html#variables
        "ssl_cipher",
        "ssl_client_fingerprint",
        "ssl_client_i_dn",
        "ssl_client_s_dn",
        "ssl_client_serial",
        "ssl_client_v_end",
        "ssl_client_v_remain",
        "ssl_client_verify",
        "ssl_protocol",
        "ssl_server_name",
        "ssl_session_reused",
    )
)
"""What nginx itself knows of a request, whatever its sender writes."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing that nginx tells."""

    name: str

    source: str = ""
    """A variable of nginx's that is told."""

    header: str = ""
    """A header of the trusted proxies' that is told."""

    of: str = ""
    """A variable of nginx's that is looked up in ``map``."""

    map: tuple[tuple[str, str], ...] = ()
    geo: tuple[tuple[str, str], ...] = ()
    """Values for networks that the visitor is in, the smallest of which counts."""

    default: str = ""
    """What is told of all others, and where no nginx is before the app."""

    @property
    def told_by(self) -> str:
        """The header it comes in."""
        return PREFIX + self.name.replace("_", "-").title()

    @property
    def passed_on(self) -> Variable:
        """The same, as a server behind an edge is told it."""
        return Variable(self.name, header=self.told_by, default=self.default)


def variables(given: Mapping[str, Any]) -> tuple[Variable, ...]:
    """Return the variables of a table in which `errors_of_variables` finds nothing."""
    return tuple(variable(name, said) for name, said in given.items())


def variable(name: str, said: Any) -> Variable:
    if isinstance(said, str):
        return Variable(name, said)
    geo, table = dict(said.get("geo", {})), dict(said.get("map", {}))
    default = geo.pop("default", "") or table.pop("default", "")
    networks = ((str(ip_network(one, strict=False)), value) for one, value in geo.items())
    return Variable(
        name,
        header=said.get("header", ""),
        of=said.get("of", ""),
        map=tuple(table.items()),
        geo=tuple(networks),
        default=default,
    )


Fault = tuple[tuple[str, ...], str, Any]


def errors_of_variables(given: object, trusted: bool) -> Iterator[Fault]:
    """Yield what is wrong with the table; ``trusted`` says whether a header may be."""
    if not isinstance(given, dict):
        yield (), "must be a table", given
        return
    for name, said in given.items():
        if name in OWN:
            yield (name,), f"is the dispatcher's own, who has site.{name}; take another name", None
        elif not NAME.fullmatch(name):
            right = "write up to 32 of a-z, 0-9 and inner underscores, like 'country'"
            yield (name,), f"is not the name of a variable; {right}", None
        for place, message, value in errors_of_variable(said, trusted):
            yield (name, *place), message, value


def errors_of_variable(said: object, trusted: bool) -> Iterator[Fault]:
    if isinstance(said, str):
        yield from errors_of_source((), said)
    elif not isinstance(said, dict):
        yield (), "must be a variable of nginx's, like '$ssl_protocol', or a table", said
    elif set(said) == {"geo"}:
        yield from errors_of_table("geo", said["geo"], fault_of_part)
        yield from errors_of_same(said["geo"])
    elif set(said) == {"map", "of"}:
        yield from errors_of_source(("of",), said["of"])
        yield from errors_of_table("map", said["map"], fault_of_text)
        yield from errors_of_case(said["map"])
    elif set(said) == {"header"}:
        if not (isinstance(said["header"], str) and HEADER.fullmatch(said["header"])):
            yield ("header",), "is not the name of a header, like 'CF-IPCountry'", said["header"]
        if not trusted:
            message = "is a visitor's own word unless nginx.trusted_proxies says who else writes it"
            yield ("header",), message, None
    else:
        right = "write geo = {...}, or of and map = {...}, or header"
        yield (), f"has {', '.join(map(repr, said)) or 'nothing'}; {right}", None


def errors_of_source(place: tuple[str, ...], said: object) -> Iterator[Fault]:
    if not isinstance(said, str) or said not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        yield place, f"is no variable of nginx's that can be told; known are {known}", said


def fault_of_text(text: str) -> str | None:
    if VALUE.fullmatch(text):
        return None
    return "has other characters than letters, digits, space and ._:/+@,=()*~-, or over 200"


def fault_of_part(written: str) -> str | None:
    """All that there are besides are ``default``."""
    if fault := fault_of_network(written):
        return fault
    return None if ip_network(written, strict=False).prefixlen else "is everybody; write default"


def errors_of_table(kind: str, table: object, fault_of_key: Any) -> Iterator[Fault]:
    if not isinstance(table, dict):
        yield (kind,), "must be a table", table
        return
    for key, value in table.items():
        if key != "default" and (fault := fault_of_key(key)):
            yield (kind, key), fault, key
        if not isinstance(value, str):
            yield (kind, key), "must be text, in quotes", value
        elif fault := fault_of_text(value):
            yield (kind, key), fault, value


def errors_of_same(table: object) -> Iterator[Fault]:
    """Yield each network that is there twice: which of the values is meant?"""
    seen: dict[str, str] = {}
    for key in table if isinstance(table, dict) else ():
        if key != "default" and not fault_of_network(key):
            first = seen.setdefault(str(ip_network(key, strict=False)), key)
            if first != key:
                yield ("geo", key), f"is the same network as {first!r}", None


def errors_of_case(table: object) -> Iterator[Fault]:
    """Yield each key that differs from another by case alone, which nginx does not look at."""
    seen: dict[str, str] = {}
    for key in table if isinstance(table, dict) else ():
        if (first := seen.setdefault(key.lower(), key)) != key:
            yield ("map", key), f"is {first!r} for nginx, which takes A for a", None

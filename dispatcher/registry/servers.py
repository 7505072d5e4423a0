"""Which server does what: who serves the apps, and who stands before those that do?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Protocol

Found = tuple[tuple[str, ...], str, Any]

WEB, EDGE = "web", "edge"
"""A server that runs the apps, and one that visitors reach, which passes their requests on."""


class Given(Protocol):
    """A table of a server, as far as it is valid."""

    @property
    def role(self) -> str: ...

    @property
    def address(self) -> str | None: ...


def fault_of_address(written: str) -> str | None:
    """Say what would make it an address of another machine; it becomes part of nginx's files.

    >>> fault_of_address("10.0.0.5"), fault_of_address("fd00::5")
    (None, None)
    """
    try:
        found = ip_address(written)
    except ValueError:
        return "is no address of IP; write one like '10.0.0.5' or 'fd00::5', without a port"
    if "%" in written or found.is_loopback or found.is_unspecified or found.is_multicast:
        return "leads nowhere from another server; write its private address, like '10.0.0.5'"
    return None


def of_role(servers: Mapping[str, Given], role: str) -> tuple[str, ...]:
    """Return the names of the servers of a role, in the order written."""
    return tuple(name for name, server in servers.items() if server.role == role)


def visited(servers: Mapping[str, Given]) -> int:
    """Return how many servers there are that visitors reach: edges, where there are any."""
    return len(of_role(servers, EDGE) or servers)


def errors_of_servers(servers: Mapping[str, Given]) -> Iterator[Found]:
    """Yield what edges lack: servers behind them, and addresses by which they know each other."""
    edges = of_role(servers, EDGE)
    if not edges:
        return
    if not of_role(servers, WEB):
        message = f"has no server that runs the apps, only {' and '.join(edges)} of the role 'edge'"
        yield ("servers",), f"{message}; write [servers.NAME] with its host and address", None
    taken: dict[str, str] = {}
    for name, server in servers.items():
        if server.address is None:
            message = f"is missing: with {edges[0]} as an edge, servers know each other by address"
            yield ("servers", name, "address"), f"{message}; write one like '10.0.0.5'", None
            continue
        address = str(ip_address(server.address))
        first = taken.setdefault(address, name)
        if first != name:
            message = f"is the address of the server {first!r} already"
            yield ("servers", name, "address"), message, server.address

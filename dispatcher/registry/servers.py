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


def entrances(servers: Mapping[str, Given]) -> tuple[str, ...]:
    """Return the names of the servers that visitors reach: edges, where there are any."""
    return of_role(servers, EDGE) or tuple(servers)


def errors_of_servers(servers: Mapping[str, Given], *, asks: bool = False) -> Iterator[Found]:
    """Yield what edges lack: servers behind them, and addresses by which they know each other.

    Those that visitors reach know each other, too, where each ``asks`` an authority.
    """
    edges, visited = of_role(servers, EDGE), entrances(servers)
    if edges and not of_role(servers, WEB):
        message = f"has no server that runs the apps, only {' and '.join(edges)} of the role 'edge'"
        yield ("servers",), f"{message}; write [servers.NAME] with its host and address", None
    if edges:
        why = f"with {edges[0]} as an edge, servers know each other by address"
    elif asks and len(visited) > 1:
        why = f"an authority may ask any of {', '.join(visited)}, and they each other (tls.email)"
    else:
        return
    taken: dict[str, str] = {}
    for name, server in servers.items():
        if server.address is None:
            message = f"is missing: {why}; write one like '10.0.0.5'"
            yield ("servers", name, "address"), message, None
            continue
        address = str(ip_address(server.address))
        first = taken.setdefault(address, name)
        if first != name:
            message = f"is the address of the server {first!r} already"
            yield ("servers", name, "address"), message, server.address

"""What of a server can be seen from here, without asking it."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

SECONDS = 3
MOST = 20
"""How many host names are looked up; the others are as the first."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A server from outside."""

    reached: str
    """How SSH got there: ``deploy@web1.example.org``."""

    address: str
    """The address at which it was reached."""

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The addresses of each of the site's host names; none where it does not resolve."""

    web: str = ""
    """Why port 80 cannot be reached there; nothing where it can."""


def look(reached: str, address: str, hosts: Iterable[str]) -> Outside:
    """Look up the names and knock at port 80; takes some seconds where nobody answers."""
    plain = [host for host in hosts if not host.startswith("*")][:MOST]
    with ThreadPoolExecutor(MOST) as threads:
        web = threads.submit(knock, address, 80)
        names = dict(zip(plain, threads.map(addresses, plain), strict=True))
        return Outside(reached, address, names, web.result())


def addresses(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({str(one[4][0]) for one in found}))


def knock(address: str, port: int) -> str:
    try:
        socket.create_connection((address, port), SECONDS).close()
    except TimeoutError:
        return f"no answer within {SECONDS} s"
    except OSError as error:
        return error.strerror or str(error)
    return ""

"""What of a server can be seen from here, without asking it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

SECONDS = 3
MOST = 20
"""How many host names are looked up; the others are as the first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a host shows of itself over https."""

    fault: str = ""
    """Why a browser would not take it."""

    until: float | None = None
    """When its certificate ends, in seconds since 1970; None where it was not taken."""


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

    secure: str = ""
    """Why port 443 cannot; nothing where it can, or need not."""

    shown: dict[str, Shown] = field(default_factory=dict)
    """What each host shows there, of those that have https."""


def look(reached: str, address: str, hosts: Iterable[str], secured: Iterable[str] = ()) -> Outside:
    """Look up the names, and knock at the ports; takes some seconds where nobody answers."""
    plain, asked = some(hosts), some(secured)
    with ThreadPoolExecutor(MOST) as threads:
        web = threads.submit(knock, address, 80)
        secure = threads.submit(knock, address, 443) if asked else None
        names = dict(zip(plain, threads.map(addresses, plain), strict=True))
        closed = secure.result() if secure else ""
        asked = [] if closed else asked
        context = ssl.create_default_context()
        found = threads.map(lambda host: shown(address, 443, host, context), asked)
        showing = dict(zip(asked, found, strict=True))
        return Outside(reached, address, names, web.result(), closed, showing)


def some(hosts: Iterable[str]) -> list[str]:
    return [host for host in hosts if not host.startswith("*")][:MOST]


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


def shown(address: str, port: int, host: str, context: ssl.SSLContext) -> Shown:
    """Ask a server for a host's certificate, and look at it as a browser does."""
    try:
        with (
            socket.create_connection((address, port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            certificate = connection.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Shown(error.verify_message)
    except TimeoutError:
        return Shown(f"no answer within {SECONDS} s")
    except OSError as error:
        return Shown(error.strerror or str(error))
    return Shown(until=ssl.cert_time_to_seconds(str(certificate["notAfter"])))

"""What stands in front of nginx, and whose word does it take for who a visitor is?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from dispatcher.registry.networks import fault_of_network
from dispatcher.registry.variables import Variable, errors_of_variables

Found = tuple[tuple[str, ...], str, Any]

FORWARDED_FOR = "X-Forwarded-For"
HERE = ("127.0.0.1/32", "::1/128")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Nginx:
    """What nginx does for the site besides passing requests on."""

    trusted_proxies: tuple[str, ...] = ()
    """The addresses and networks of proxies and load balancers in front, and of no visitors."""

    real_ip_header: str = FORWARDED_FOR
    """Where they say who asks; of a list, the last address that is none of theirs."""

    proxy_protocol: bool = False
    """Whether they say it before the request instead, and speak of nothing else."""

    variables: tuple[Variable, ...] = ()
    """What apps are told of each request."""

    @property
    def headers_believed(self) -> bool:
        """Whether headers of theirs count; what passes with the PROXY protocol is a visitor's."""
        return bool(self.trusted_proxies) and not self.proxy_protocol

    @property
    def believed(self) -> tuple[str, ...]:
        """Return from where a request may come that says of itself how it came."""
        return tuple(dict.fromkeys((*HERE, *self.trusted_proxies)))


USUAL = Nginx()
"""Of a site that says nothing: nobody stands in front."""


def fault_of_proxy(written: str) -> str | None:
    """Who believes everybody lets each visitor choose an address."""
    if fault := fault_of_network(written):
        return fault
    if ip_network(written, strict=False).prefixlen == 0:
        return "is everybody: each visitor could say who he is; write where the proxies are"
    return None


def fault_of_header(name: str) -> str | None:
    if HEADER.fullmatch(name):
        return None
    return f"is not the name of a header; write one like '{FORWARDED_FOR}'"


def plain(networks: list[str]) -> tuple[str, ...]:
    """Return each network once, as nginx wants it written.

    >>> plain(["10.0.0.7/8", "10.0.0.0/8", "192.0.2.1"])
    ('10.0.0.0/8', '192.0.2.1/32')
    """
    return tuple(dict.fromkeys(str(ip_network(one, strict=False)) for one in networks))


def errors_of_nginx(given: Mapping[str, Any], environment: str) -> Iterator[Found]:
    """Yield what of the table does not fit together.

    An environment has the variables of the site and not its proxies: nobody tells it then.
    """
    proxies, spoken = given.get("trusted_proxies"), given.get("proxy_protocol") is True
    if spoken and not proxies:
        message = "needs trusted_proxies: who else may say who a visitor is?"
        yield ("nginx", "proxy_protocol"), message, None
    trusted = environment or (proxies and not spoken)
    for place, message, value in errors_of_variables(given.get("variables", {}), bool(trusted)):
        yield ("nginx", "variables", *place), message, value
    if "real_ip_header" in given and (spoken or not proxies):
        message = "is of no use without trusted_proxies"
        if spoken:
            message = "is of no use with proxy_protocol, which says who asks before the request"
        yield ("nginx", "real_ip_header"), f"{message}; leave it out", given["real_ip_header"]

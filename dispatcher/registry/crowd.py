"""Are there more hosts than an authority gives certificates for in a week, or more servers?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import takewhile
from math import ceil

from dispatcher.registry.site import Site
from dispatcher.registry.tls import LETS_ENCRYPT, asked_from

A_WEEK = 50
"""New certificates for the names below one registered domain, whoever asks for them; renewals are
not counted (letsencrypt.org/docs/rate-limits). Each host has one of its own, so that the 100 names
that one may have at most are never reached."""

SAME_A_WEEK, HOURS_EACH = 5, 34
"""Certificates for exactly the same names, whoever asks for them, renewals too; then one in so many
hours."""

FEWER = "let visitors reach fewer, as two edges: docs/edge.md"


def crowded(site: Site, hosts: Collection[str]) -> Iterator[str]:
    """Yield what is to be said of hosts that have no certificate yet, for each domain of too many.

    What is registered, as ``example.co.uk``, is told by a list that changes; two labels are taken
    for it, which at worst warns of what is none.
    """
    tls = site.tls
    if tls is None or tls.directory != LETS_ENCRYPT:
        return
    below: dict[str, list[str]] = {}
    for host in hosts:
        if tls.own(host) is None:
            below.setdefault(".".join(host.split(".")[-2:]), []).append(host)
    for those in below.values():
        if len(those) > A_WEEK:
            week = ordinal(ceil(len(those) / A_WEEK))
            yield (
                f"{len(those)} hosts below {above(those)} want certificates, and Let's Encrypt "
                f"gives {A_WEEK} a week: the last has its own in the {week}"
            )


def repeated(site: Site, hosts: Collection[str]) -> Iterator[str]:
    """Yield what is to be said of hosts of which more servers want a certificate than get one."""
    more = len(site.entrances) - SAME_A_WEEK
    lets_encrypt = site.tls is not None and site.tls.directory == LETS_ENCRYPT
    if more > 0 and lets_encrypt and set(hosts) & set(asked_from(site)):
        days = ceil(more * HOURS_EACH / 24)
        yield (
            f"{len(site.entrances)} servers want certificates for the same hosts, and Let's "
            f"Encrypt gives {SAME_A_WEEK} a week, then one in {HOURS_EACH} hours: "
            f"the last waits {days} days"
        )


def above(hosts: Collection[str]) -> str:
    """Return the name that all are, or are below.

    >>> above(["a.example.co.uk", "b.example.co.uk", "example.co.uk"])
    'example.co.uk'
    """
    columns = zip(*(reversed(host.split(".")) for host in hosts), strict=False)
    common = [column[0] for column in takewhile(lambda column: len({*column}) == 1, columns)]
    return ".".join(reversed(common))


def ordinal(week: int) -> str:
    """Return which week it is.

    >>> ordinal(2), ordinal(7)
    ('second week', 'week 7')
    """
    return {2: "second week", 3: "third week"}.get(week, f"week {week}")

"""A site of many hosts is told that an authority gives no more than so many certificates a week."""

from __future__ import annotations

from dataclasses import replace

from dispatcher.registry.address import Address
from dispatcher.registry.crowd import A_WEEK, crowded
from dispatcher.registry.site import App, Site
from dispatcher.registry.tls import Own, Tls, secured

MANY = tuple(f"a{number}.example.co.uk" for number in range(A_WEEK))
"""With the domain itself, one too many."""
LETS_ENCRYPT = Tls("ada@example.org")


def site(hosts: tuple[str, ...], tls: Tls | None = LETS_ENCRYPT) -> Site:
    addresses = tuple(Address(host) for host in hosts)
    return Site("yard", "example.co.uk", (App("portal", "a:b", addresses),), tls=tls)


def told(one: Site) -> list[str]:
    return list(crowded(one, secured(one)))


def test_more_than_a_week_gives_is_told() -> None:
    assert told(site(MANY)) == [
        "51 hosts below example.co.uk want certificates, and Let's Encrypt gives 50 a week: "
        "the last has its own in the second week"
    ]


def test_as_many_as_a_week_gives_are_not() -> None:
    assert told(site(MANY[1:])) == []
    assert told(site((*MANY[1:], "a.example.org"))) == [], "each domain has its own week"


def test_who_has_certificates_of_their_own_or_of_another_authority_is_not() -> None:
    own = Tls("ada@example.org", certificates={"*.example.co.uk": Own("/etc/a", "/etc/b")})

    assert told(site(MANY, own)) == []
    assert told(site(MANY, replace(LETS_ENCRYPT, directory="https://ca.example.org/acme"))) == []
    assert told(site(MANY, Tls(elsewhere=True))) == told(site(MANY, None)) == []

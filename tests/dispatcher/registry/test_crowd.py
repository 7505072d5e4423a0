"""A site of many hosts is told that an authority gives no more than so many certificates a week."""

from __future__ import annotations

from dataclasses import replace

from dispatcher.registry.address import Address
from dispatcher.registry.crowd import A_WEEK, SAME_A_WEEK, crowded, repeated
from dispatcher.registry.site import App, Server, Site
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


def entered(count: int, tls: Tls | None = LETS_ENCRYPT, role: str = "web") -> Site:
    """Return a site whose names lead to so many servers."""
    servers = tuple(Server(f"s{number}", "s", role=role) for number in range(count))
    return replace(site(("example.co.uk",), tls), servers=(*servers, Server("w", "w")))


def test_more_servers_than_a_week_has_certificates_for_one_host_are_told() -> None:
    many = entered(SAME_A_WEEK + 2, role="edge")

    assert list(repeated(many, secured(many))) == [
        "7 servers want certificates for the same hosts, and Let's Encrypt gives 5 a week, then "
        "one in 34 hours: the last waits 3 days"
    ]
    assert list(repeated(many, ())) == [], "all have theirs"


def test_as_many_servers_as_a_week_has_certificates_for_are_not() -> None:
    other = replace(LETS_ENCRYPT, directory="https://ca.example.org/acme")

    for few in (
        entered(SAME_A_WEEK, role="edge"),
        entered(SAME_A_WEEK - 1),
        entered(9, other),
        entered(9, Tls(elsewhere=True)),
        entered(9, None),
    ):
        assert list(repeated(few, few.hosts)) == []

"""Which Linux user does a pool run as? SITE-POOL, so those names must fit and differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from dispatcher.registry.site import Site
from dispatcher.registry.toml_lines import Key

Found = tuple[Key, str, Any]

MAX_LENGTH = 32
"""useradd(8)."""


def user(site: str, pool: str) -> str:
    return f"{site}-{pool}"


def errors_of_users(site: str, pools: set[str]) -> list[Found]:
    """Return which pools have too long a name, together with the site's."""
    return [
        (
            ("pools", pool),
            f"makes the user name {name}, over {MAX_LENGTH} characters; shorten it",
            None,
        )
        for pool in sorted(pools)
        if len(name := user(site, pool)) > MAX_LENGTH
    ]


def errors_between(sites: Mapping[str, Site | None]) -> Iterator[tuple[str, Found]]:
    """Yield, with its environment, each pool whose user another environment's pool has.

    The pool ``staging-web`` of the site ``yard`` and the pool ``web`` of its environment
    ``staging`` would have one user, and on a server that both share one unit, between them.
    """
    taken: dict[str, tuple[str, str]] = {}
    for environment, site in sites.items():
        if site is None:
            continue
        for pool in site.pools:
            name = user(site.name, pool.name)
            if name in taken:
                other, theirs = taken[name]
                where = f"of the environment {other}" if other else "of the site itself"
                message = f"makes the user name {name}, as the pool {theirs!r} {where} does"
                yield environment, (("pools", pool.name), f"{message}; rename one of them", None)
            else:
                taken[name] = environment, pool.name

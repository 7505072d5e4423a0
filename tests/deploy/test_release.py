"""What a manifest says of a release."""

from __future__ import annotations

from deploy.release import parts
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site


def test_of_tenants_the_gate_asks_for_one_that_there_is_not() -> None:
    by_host, by_path = Address("*.archive.example.org"), Address("example.org", "/t")
    apps = (
        App("archive", "a:b", (Address("archive.example.org"), by_host), tenants=by_host),
        App("library", "a:c", (by_path,), tenants=by_path),
    )

    (part,) = parts(Site("yard", "example.org", apps))

    assert part.addresses == (
        ("archive.example.org", ""),
        ("unknown-tenant.archive.example.org", ""),
        ("example.org", "/t/unknown-tenant"),
    )

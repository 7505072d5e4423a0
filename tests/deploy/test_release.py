"""What a manifest says of a release."""

from __future__ import annotations

from deploy.release import before, parts, time_after
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from tests.deploy.sample import A, B, release


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


def test_releases_are_in_the_order_in_which_they_came_whatever_the_clock_said() -> None:
    early = "2020-01-01T00:00:00+00:00"
    first = time_after(early, (A, B))
    new = release("20200101T000000-ccccccc", first, after="gone")
    second = time_after(early, (A, B, new))

    assert (first, second) == ("2026-11-20T12:00:01+00:00", "2026-11-20T12:00:02+00:00")
    assert before(new.id, {one.id: one for one in (A, B, new)}) == B
    assert time_after("2026-11-21T00:00:00+00:00", (A, B)) == "2026-11-21T00:00:00+00:00"
    assert time_after(early, (release(B.id, "yesterday"),)) == early

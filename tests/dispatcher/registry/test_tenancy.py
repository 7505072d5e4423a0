from __future__ import annotations

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from dispatcher.registry.tenancy import asked, fault_of_tenants, is_tenant, shown


@pytest.mark.parametrize("written", ["*", "*.archive", "/<tenant>", "/t/<tenant>", "/a/t/<tenant>"])
def test_tenants_have_a_subdomain_or_a_segment_each(written: str) -> None:
    assert fault_of_tenants(written) is None


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("archive", "is neither a subdomain for each, like '*.archive', nor a path"),
        ("archive.*", "is neither a subdomain for each"),
        ("<tenant>.archive", "is neither a subdomain for each"),
        ("", "is neither a subdomain for each"),
        ("*.archive.example.org", "is not a host label"),
        ("*.Archive", "is not a host label"),
        ("*.", "is not a host label"),
        ("/t", "needs a segment for the tenant; write '/t/<tenant>'"),
        ("/t/", "needs a segment for the tenant; write '/t/<tenant>'"),
        ("/t/<tenant>/", "needs a segment for the tenant"),
        ("/<tenant>/x", "needs a segment for the tenant"),
        ("//<tenant>", "can never match"),
        ("/a b/<tenant>", "can never match"),
    ],
)
def test_any_other_place_is_refused_with_what_would_be_right(written: str, fault: str) -> None:
    assert fault in (fault_of_tenants(written) or "")


@pytest.mark.parametrize("name", ["choir", "a", "9", "a-b", "xn--caf-dma", "a" * 63])
def test_a_tenant_is_called_what_could_be_a_subdomain(name: str) -> None:
    assert is_tenant(name)


@pytest.mark.parametrize("name", ["", "Choir", "a.b", "..", ".", "a_b", "-a", "a\n", "é", "a" * 64])
def test_nothing_else_is_the_name_of_a_tenant(name: str) -> None:
    assert not is_tenant(name)


ARCHIVE = App(
    "archive",
    "a:b",
    (Address("archive.example.org"), Address("example.org", "/t")),
    tenants=Address("example.org", "/t"),
)


def test_only_the_place_of_tenants_is_shown_and_asked_with_one() -> None:
    assert [str(shown(ARCHIVE, a)) for a in ARCHIVE.addresses] == [
        "archive.example.org/",
        "example.org/t/<tenant>/",
    ]
    assert [str(asked(ARCHIVE, a)) for a in ARCHIVE.addresses] == [
        "archive.example.org/",
        "example.org/t/unknown-tenant/",
    ]

"""Where the tenants of an app answer: what ``tenants`` in site.toml means.

``*.archive`` is a subdomain for each, ``/t/<tenant>`` a path for each. Either way the name
of a tenant is one label of a host name in lower case, so that it is written in one way only,
may become the name of a file, and can move from a path to a subdomain.
"""

from collections.abc import Iterable
from dataclasses import replace

from dispatcher.registry.address import Address, fault_of_label, fault_of_path
from dispatcher.registry.hosts import HOST_LABEL
from dispatcher.registry.site import App

PLACE = "<tenant>"

UNKNOWN = "unknown-tenant"
"""Stands for a tenant that there is not, where any has to be named."""


def fault_of_tenants(written: str) -> str | None:
    """Say what would make ``written`` a place for tenants, or None where it is one.

    >>> fault_of_tenants("/t")
    "needs a segment for the tenant; write '/t/<tenant>'"
    """
    if written.startswith("/"):
        prefix, _, last = written.rpartition("/")
        if last != PLACE:
            return f"needs a segment for the tenant; write {written.rstrip('/') + '/' + PLACE!r}"
        return fault_of_path(f"{prefix}/{UNKNOWN}")
    first, _, label = written.partition(".")
    if first != "*":
        return f"is neither a subdomain for each, like '*.archive', nor a path, like '/t/{PLACE}'"
    return fault_of_label(label) if written != "*" else None


def address_of_tenants(written: str, domain: str) -> Address:
    """Return what all tenants answer below.

    >>> print(address_of_tenants("*.archive", "example.org"))
    *.archive.example.org/
    >>> print(address_of_tenants("/t/<tenant>", "example.org"))
    example.org/t/
    """
    if written.startswith("/"):
        return Address(domain, written.rpartition("/")[0])
    return Address(f"{written}.{domain}")


def is_tenant(name: str) -> bool:
    """Whether a tenant can be called ``name``."""
    return HOST_LABEL.fullmatch(name) is not None


def address_of(tenant: str, below: Address) -> Address:
    """Return where one tenant answers.

    >>> print(address_of("choir", Address("*.archive.example.org")))
    choir.archive.example.org/
    >>> print(address_of("choir", Address("example.org", "/t")))
    example.org/t/choir/
    """
    if below.host.startswith("*."):
        return Address(f"{tenant}{below.host[1:]}", below.path)
    return Address(below.host, f"{below.path}/{tenant}")


def for_tenant(app: App, tenant: str) -> App:
    """Return ``app`` as it is for one tenant: an app of its own name, at its own address."""
    at = address_of(tenant, app.tenants or app.addresses[-1])
    name = f"{app.name}.{tenant}"
    return replace(app, name=name, addresses=(at,), tenants=None, each_mount=False, env={})


def shown(app: App, address: Address) -> Address:
    """Return an address of ``app`` as a person reads it, with the place of the tenant in it."""
    return address_of(PLACE, address) if address == app.tenants else address


def asked(app: App, address: Address) -> Address:
    """Return an address of ``app`` that can be asked: for tenants one that there is not."""
    return address_of(UNKNOWN, address) if address == app.tenants else address


def overlaps(apps: Iterable[App]) -> list[App]:
    """Return the apps with tenants where they answer themselves: no path there has one meaning."""
    return [app for app in apps if app.tenants in app.addresses[:-1]]

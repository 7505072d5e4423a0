"""What site.toml gives to apps that know nothing of it, and where that cannot work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from dispatcher.registry.placeholders import MOUNT, OWN, filled, used
from dispatcher.registry.site import App
from dispatcher.registry.toml_lines import Key

GIVEN = ("args", "config", "env")

Found = tuple[Key, str, Any]


def secrets_named(app: App) -> tuple[str, ...]:
    """Return the names of the secrets that ``{secret:NAME}`` stands for in what an app is given."""
    found = {name for kind in GIVEN for name in used(getattr(app, kind))}
    return tuple(sorted(name.removeprefix(OWN) for name in found if name.startswith(OWN)))


def errors_of_given(apps: Iterable[App]) -> Iterator[Found]:
    """Yield what is wrong with the values given to apps, and with apps that want to be alone."""
    apps = tuple(apps)
    for app in apps:
        yield from errors_of_own_host(app)
        for kind in GIVEN:
            yield from errors_of_placeholders(app, kind)
    yield from errors_of_neighbours(apps)


def errors_of_own_host(app: App) -> Iterator[Found]:
    """Yield each path that an app has, where it would not know of it."""
    for address in app.addresses if app.own_host else ():
        if address.path:
            key = "tenants" if address == app.tenants else "path"
            message = (
                f"app {app.name!r} cannot live below {address.path}; write a subdomain instead"
            )
            yield ("apps", app.name, key), message, None


def errors_of_placeholders(app: App, kind: str) -> Iterator[Found]:
    """Yield each value whose placeholders are unknown, or have no one meaning."""
    many = len(app.addresses) > 1
    for name, value in (getattr(app, kind) or {}).items():
        place = ("apps", app.name, kind, name)
        try:
            mounts = [f"{{{one}}}" for one in MOUNT if one in used(value)]
        except ValueError as error:
            yield place, str(error), value
            continue
        if mounts and app.tenants and kind == "env":
            yield place, FOR_TENANTS.format(mounts[0]), value
        elif mounts and many and kind == "env":
            yield place, IN_ENV.format(mounts[0], len(app.addresses)), value
        elif mounts and many and not app.each_mount:
            yield place, MADE_ONCE.format(mounts[0], len(app.addresses)), value


FOR_TENANTS = (
    "has {}, but each tenant has an address of its own and a process has one environment; "
    "write it in args or config"
)
IN_ENV = (
    "has {}, but the app answers at {} addresses and a process has one environment; "
    "write it in args or config, with each_mount = true"
)
MADE_ONCE = (
    "has {}, but the app answers at {} addresses and is made once; "
    "write each_mount = true to make it once for each"
)


def errors_of_neighbours(apps: Iterable[App]) -> Iterator[Found]:
    """Yield why apps cannot share a pool, each with the first that is in its way.

    Every pair of them would be too many where a registry is long.
    """
    first_with: dict[tuple[str, str], App] = {}
    pools: dict[str, list[App]] = {}
    for app in apps:
        pools.setdefault(app.pool, []).append(app)
        for name, value in app.env.items():
            first = first_with.setdefault((app.pool, name), app)
            if not same(first, app, name):
                yield (
                    ("apps", app.name, "env", name),
                    f"app {first.name!r} has {first.env[name]!r} for it, and both are in the pool "
                    f"{app.pool!r}; give one of them a pool of its own",
                    value,
                )
    for app in apps:
        one, *others = pools[app.pool]
        if app.alone and others:
            other = others[0] if app is one else one
            yield (
                ("apps", app.name, "alone"),
                f"app {other.name!r} is in the pool {app.pool!r} too; "
                f"write [pools.{app.name}] and pool = {app.name!r}",
                None,
            )


def same(first: App, second: App, name: str) -> bool:
    """Whether two apps mean the same by a variable."""
    try:
        return bool(meant(first, first.env[name]) == meant(second, second.env[name]))
    except (
        KeyError,
        IndexError,
        ValueError,
    ):  # of an unknown placeholder or no address: a fault already
        return True


def meant(app: App, value: str) -> str:
    address = app.addresses[0]
    return str(
        filled(
            value,
            {
                "prefix": lambda: address.path,
                "host": lambda: address.host,
                "url": lambda: str(address),
                "state": lambda: f"the state of {app.name}",
                "secret": lambda: f"the secret of {app.name}",
                **{
                    f"{OWN}{name}": partial("the secret {} of {}".format, name, app.name)
                    for name in secrets_named(app)
                },
            },
        )
    )

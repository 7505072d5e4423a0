"""Make a `Site` of one environment's tables, collecting everything that is wrong with them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from dispatcher.registry import schema
from dispatcher.registry.address import LOCAL_DOMAIN, Address, in_ascii
from dispatcher.registry.given import GIVEN, errors_of_given
from dispatcher.registry.headers import headers
from dispatcher.registry.jobs import errors_of_jobs
from dispatcher.registry.limits import USUAL, Limits
from dispatcher.registry.nginx import FORWARDED_FOR, Nginx, errors_of_nginx, plain
from dispatcher.registry.servers import WEB, entrances, errors_of_servers, of_role
from dispatcher.registry.site import App, Pool, Server, Site, claims, conflicts
from dispatcher.registry.tenancy import address_of_tenants, overlaps
from dispatcher.registry.tls import Own, Tls, errors_of_tls
from dispatcher.registry.toml_lines import Key
from dispatcher.registry.users import errors_of_users
from dispatcher.registry.variables import variables

Document = Mapping[str, Any]
Found = tuple[Key, str, Any]
"""A fault before its line is known: key, message, offending value."""

PLACES = ("path", "subdomain", "domains", "tenants")
"""The keys that say where an app answers."""

T = TypeVar("T", bound=schema.Table)


def assemble(document: Document, environment: str, domain: str, found: list[Found]) -> Site | None:
    """Return the site, or None after adding to ``found`` all that is wrong."""
    before = len(found)
    top = table(schema.Top, document, (), found)
    pools = tables(document, "pools", schema.PoolTable, found)
    servers = tables(document, "servers", schema.ServerTable, found)
    apps = tables(document, "apps", schema.AppTable, found)
    home = domain or in_ascii(str(document.get("domain", "")))
    name = "-".join(filter(None, (top.name if top else "", environment)))
    below = f".{LOCAL_DOMAIN}" if domain == LOCAL_DOMAIN else ""
    all_ = limits(USUAL, document.get("limits"), ("limits",), found)
    said = said_of_headers(document.get("headers"), ("headers",), found)
    values = tuple(
        replace(
            app(name, entry, home, below),
            limits=limits(all_, entry.limits, ("apps", name, "limits"), found),
            headers=headers(
                entry.app,
                said,
                said_of_headers(entry.headers, ("apps", name, "headers"), found),
            ),
        )
        for name, entry in apps.items()
    )
    found += errors_of_apps(document.get("apps"))
    found += errors_of_pools(apps, document.get("pools"))
    found += errors_of_threads(pools)
    found += errors_of_websockets(apps, pools)
    found += errors_of_addresses(values)
    found += errors_of_given(values)
    found += errors_of_tenants(apps, values)
    found += errors_of_jobs(apps, values, of_role(servers, WEB))
    found += errors_of_users(name, {"default", *pools})
    tls = https(document.get("tls"), found) if not below and top and top.scheme == "https" else None
    hosts = tuple(dict.fromkeys((home, *(address.host for _, address in claims(values)))))
    front = nginx(document.get("nginx"), environment, found)
    spoken = front.proxy_protocol
    if tls:
        found += errors_of_tls(tls, hosts, len(entrances(servers)), proxy_protocol=spoken)
    asks = tls is not None and bool(tls.email) and not all(map(tls.own, hosts))
    found += errors_of_servers(servers, asks=asks)
    if len(found) > before or top is None:
        return None
    return Site(
        name=name,
        domain=home,
        apps=values,
        pools=tuple(pool(name, pools.get(name)) for name in dict.fromkeys(("default", *pools))),
        servers=tuple(server(name, entry) for name, entry in servers.items()),
        environment=environment,
        scheme="http" if below else top.scheme,
        watch_seconds=top.watch_seconds,
        limits=all_,
        tls=tls,
        nginx=front,
    )


def limits(others: Limits, data: object, place: Key, found: list[Found]) -> Limits:
    """Return the limits of an app, or of all that say nothing else."""
    app = place[1] if len(place) > 1 else ""
    if app and isinstance(data, dict) and "header_kb" in data:
        message = "is of the whole site, for headers are read before it is known which app they are"
        found.append(
            ((*place, "header_kb"), f"{message} for; write it in [limits]", data["header_kb"])
        )
        data = {key: value for key, value in data.items() if key != "header_kb"}
    kind = schema.LimitsTable if app else schema.SiteLimitsTable
    given = table(kind, data or {}, place, found)
    return others.but(given.model_dump(exclude_unset=True) if given else {}, app)


def said_of_headers(data: object, place: Key, found: list[Found]) -> dict[str, str | None]:
    """Return what a table says of headers, by key."""
    given = table(schema.HeadersTable, data, place, found) if isinstance(data, dict) else None
    return given.model_dump(exclude_unset=True) if given else {}


def table(model: type[T], data: object, place: Key, found: list[Found]) -> T | None:
    """Return the valid part of a table, or None; add to ``found`` what is wrong.

    The part that is right goes on to the next checks, so that one wrong key does
    not hide the faults of its neighbours.
    """
    whole, errors = schema.errors_of(model, data)
    found += [((*place, *key), message, value) for key, message, value in errors]
    if whole is not None or not isinstance(data, dict):
        return whole
    wrong = {key[0] for key, _, _ in errors}
    part, _ = schema.errors_of(model, {k: v for k, v in data.items() if k not in wrong})
    return part


def tables(document: Document, kind: str, model: type[T], found: list[Found]) -> dict[str, T]:
    """Return the tables of one kind as far as they are valid."""
    entries = document.get(kind)
    valid: dict[str, T] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        if fault := schema.fault_of_name(name):
            found.append(((kind, name), fault, None))
        if (part := table(model, entry, (kind, name), found)) is not None:
            valid[name] = part
    return valid


def errors_of_apps(apps: object) -> list[Found]:
    if not isinstance(apps, dict):
        return []
    if not apps:
        return [(("apps",), "is empty; write [apps.NAME] with its app and an address", None)]
    return [
        (("apps", name), f"answers nowhere; {where_to_say(entry)}", None)
        for name, entry in apps.items()
        if isinstance(entry, dict) and not any(map(entry.get, PLACES))
    ]


def where_to_say(entry: Document) -> str:
    """What follows ``[apps.wiki.args]`` belongs to that table, whatever it was meant for."""
    for kind in (*GIVEN, "workers", "limits", "headers"):
        for key, inner in inner_tables(entry.get(kind), kind):
            if there := [place for place in PLACES if place in inner]:
                return f"its {there[0]!r} is in the table {key}: write it above that"
    return "give it a path, a subdomain or domains"


def inner_tables(value: object, key: str) -> Iterator[tuple[str, Document]]:
    if isinstance(value, dict):
        yield key, value
        for name, inner in value.items():
            yield from inner_tables(inner, f"{key}.{name}")


def errors_of_pools(apps: Mapping[str, schema.AppTable], pools: object) -> list[Found]:
    there = dict.fromkeys(("default", *(pools if isinstance(pools, dict) else ())))
    return [
        (
            ("apps", name, "pool"),
            f"app {name!r} wants a pool that does not exist; write [pools.{entry.pool}] "
            f"or take one of: {', '.join(there)}",
            entry.pool,
        )
        for name, entry in apps.items()
        if entry.pool not in there
    ]


def errors_of_threads(pools: Mapping[str, schema.PoolTable]) -> list[Found]:
    return [
        (
            ("pools", name, "threads"),
            f"is for gthread, and a worker here is {entry.worker_class}; leave it out",
            entry.threads,
        )
        for name, entry in pools.items()
        if entry.threads is not None and entry.worker_class != "gthread"
    ]


def errors_of_websockets(
    apps: Mapping[str, schema.AppTable], pools: Mapping[str, schema.PoolTable]
) -> list[Found]:
    message = "cannot be: workers of pool {!r} are sync, so that one would keep them from all else"
    return [
        (
            ("apps", name, "websockets"),
            f"{message.format(entry.pool)}; take gevent, or gthread for few of them",
            None,
        )
        for name, entry in apps.items()
        if entry.websockets and entry.pool in pools and pools[entry.pool].worker_class == "sync"
    ]


def errors_of_addresses(apps: tuple[App, ...]) -> list[Found]:
    return [
        (("apps", second.name), f"claims {address}, which app {first.name!r} has already", None)
        for address, first, second in conflicts(apps)
    ]


def errors_of_tenants(
    tables: Mapping[str, schema.AppTable], apps: tuple[App, ...]
) -> Iterator[Found]:
    for app in overlaps(apps):
        where = f"has tenants where the app itself answers, {app.tenants}"
        yield ("apps", app.name, "tenants"), f"{where}; write one of the two elsewhere", None
    for name, entry in tables.items():
        if "tenant_limit" in entry.model_fields_set and entry.tenants is None:
            yield ("apps", name, "tenant_limit"), "limits nothing: the app has no tenants", None


def app(name: str, entry: schema.AppTable, domain: str, below: str = "") -> App:
    """Return the app's value; its own domains get ``below`` behind them."""
    addresses = []
    if entry.path is not None:
        addresses.append(Address(domain, entry.path.removesuffix("/")))
    if entry.subdomain is not None:
        addresses.append(Address(f"{entry.subdomain}.{domain}"))
    addresses += (Address(f"{host}{below}") for host in entry.domains)
    tenants = address_of_tenants(entry.tenants, domain) if entry.tenants else None
    addresses += filter(None, [tenants])
    return App(
        name,
        entry.app,
        tuple(addresses),
        entry.pool,
        args=entry.args,
        config=entry.config,
        env=entry.env,
        lazy=entry.load == "lazy",
        load_seconds=entry.load_seconds,
        each_mount=entry.each_mount,
        alone=entry.alone,
        own_host=entry.own_host,
        static=entry.static,
        websockets=entry.websockets,
        script_cookies=tuple(entry.script_cookies),
        tenants=tenants,
        tenant_limit=entry.tenant_limit,
        ready=entry.ready or "",
        migrate=entry.migrate or "",
        migrate_seconds=entry.migrate_seconds,
        migrate_on=entry.migrate_on or "",
        workers=entry.workers,
        schedule=entry.schedule or "",
        finish_seconds=entry.finish_seconds,
    )


def https(entry: object, found: list[Found]) -> Tls | None:
    before = len(found)
    given = None if entry is None else table(schema.TlsTable, entry, ("tls",), found)
    if given is None or len(found) > before:
        return None
    own = {name: Own(one.certificate, one.key) for name, one in given.certificates.items()}
    values = given.model_dump(exclude={"email", "certificates", "client_ca"})
    return Tls(given.email or "", certificates=own, client_ca=given.client_ca or "", **values)


def nginx(entry: object, environment: str, found: list[Found]) -> Nginx:
    given = table(schema.NginxTable, entry or {}, ("nginx",), found)
    if given is None or not isinstance(entry, dict):
        return Nginx()
    wrong = list(errors_of_nginx(entry, environment))
    found += wrong
    named = not any(key[:2] == ("nginx", "variables") for key, _, _ in wrong)
    return Nginx(
        plain(given.trusted_proxies),
        given.real_ip_header or FORWARDED_FOR,
        given.proxy_protocol,
        variables(given.variables) if named else (),
    )


def pool(name: str, entry: schema.PoolTable | None) -> Pool:
    if entry is None:
        return Pool(name)
    given = entry.model_dump(exclude_none=True)
    return Pool(name, **{**given, "network": tuple(entry.network)})


def server(name: str, entry: schema.ServerTable) -> Server:
    host, user, port = schema.remote(entry.host)
    return Server(name, host, user or "deploy", port, entry.role, entry.address or "")

"""Fill the nginx and systemd templates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.layout import Layout
from deploy.release import all_parts, parts
from dispatcher.registry.address import Address
from dispatcher.registry.headers import fixed as fixed_headers
from dispatcher.registry.jobs import Job
from dispatcher.registry.limits import HEADER_LINES, Limits
from dispatcher.registry.site import App, Server, Site
from dispatcher.registry.tls import asked_from, secured

WEBSOCKET_SECONDS = 3600
"""How long a websocket may be silent."""

ROOT = Path(__file__).parents[2]
TEMPLATES = Environment(
    loader=FileSystemLoader([ROOT / "nginx", ROOT / "deploy" / "units"]),
    undefined=StrictUndefined,  # a name misspelt in a template is an error, not a blank
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - the output is not HTML
)


@dataclass(frozen=True, slots=True)
class Location:
    """What of one host goes to one pool."""

    rules: tuple[str, ...]
    pool: str
    limits: Limits
    websockets: bool
    apps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Host:
    """One host name that nginx answers for."""

    name: str
    locations: tuple[Location, ...]
    hsts: str = ""
    """What browsers are told of https (RFC 6797), if anything."""


def nginx(site: Site, at: Layout) -> tuple[str, str]:
    """Return the configuration, and its id: the same where the same text is meant.

    The text holds the name of the link that leads to the live sockets, and the link is
    named after the text; so the id is the hash of the text around it.
    """
    hosts = [on_host(site, name) for name in site.hosts]
    template = TEMPLATES.get_template("site.conf.j2")
    given = {
        "site": site,
        "at": at,
        "pools": parts(site),
        "hosts": hosts,
        "name": variable(at),
        "counted": counted(site),
        "secured": secured(site),
        "headers": [*headers(site, at)],
        "websocket_seconds": WEBSOCKET_SECONDS,
        "header_lines": HEADER_LINES,
        "clients": clients(site),
        "peers": [(peer.name, where(peer)) for peer in site.peers] if asked_from(site) else [],
        "mounts": [pair for name in site.hosts for pair in mounts(site, name)],
    }
    text = template.render(given, live="")
    routes = hashlib.sha256(text.encode()).hexdigest()[:12]
    return template.render(given, live=at.live(routes)), routes


def headers(site: Site, at: Layout) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield what static files say to browsers: a header, a variable, and its values by app."""
    of = {app.name: fixed_headers(app.headers) for app in site}
    for header in dict.fromkeys(name for values in of.values() for name in values):
        if header != "X-Content-Type-Options":  # all files have it
            values = {app: given[header] for app, given in of.items() if header in given}
            quoted = {app: value.replace('"', '\\"') for app, value in values.items()}
            yield header, f"{variable(at)}_{header.lower().replace('-', '_')}", quoted


def clients(site: Site) -> str:
    """Return what tells the authorities of visitors from others, so that nginx reads them anew."""
    known = site.tls.client_ca if site.tls else ""
    return hashlib.sha256(known.encode()).hexdigest() if known else ""


def webs(site: Site, at: Layout, out: Collection[str] = ()) -> str:
    """Return what an edge passes requests on to; servers named in ``out`` get none."""
    there = [{"name": web.name, "where": where(web), "out": web.name in out} for web in site.webs]
    return TEMPLATES.get_template("webs.conf.j2").render(site=site, name=variable(at), webs=there)


def where(server: Server) -> str:
    """Return where nginx of another server finds it."""
    return f"[{server.address}]:80" if ":" in server.address else f"{server.address}:80"


def counted(site: Site) -> list[Limits]:
    """Return limits of which each counts visitors by itself; those of the site come first."""
    found = {limits.zone: limits for limits in (site.limits, *(app.limits for app in site))}
    return [found[zone] for zone in sorted(found)]


def variable(at: Layout) -> str:
    """Return what the names of the site's nginx variables begin with."""
    return at.site.replace("-", "_")


def mounts(site: Site, host: str) -> list[tuple[str, str]]:
    """Return a pattern for each mount of a host, the longest first, and the app there."""
    label = "[^.]+" if host.startswith("*") else ""
    name = label + re.escape(host.removeprefix("*"))
    found = sorted(site.mounts(host).items(), key=lambda mount: len(mount[0]), reverse=True)
    return [(f"{name}{re.escape(path)}{below(app, host, path)}", app.name) for path, app in found]


def below(app: App, host: str, path: str) -> str:
    """Return what follows a mount: the path that the app sees, or its tenant does.

    Whatever stands in it, a line's end too, must match: what is closed has no other way in.
    """
    tenant = "(?:/[^/]+)?" if app.tenants == Address(host, path) and path else ""
    return rf"{tenant}(?<flaskyard_path>/(?s:.*))?\z"


def maintenance(name: str, at: Layout, closures: object) -> str:
    """Return a file of what says that a site is closed."""
    given = {"site": at.site, "folder": at.maintenance, "name": variable(at)}
    return TEMPLATES.get_template(f"maintenance{name}.j2").render(given, closures=closures)


def on_host(site: Site, name: str) -> Host:
    """Return where each path of a host goes: what is nobody's to the pool of its root."""
    mounts = site.mounts(name)
    root = mounts.get("") or next(iter(mounts.values()), None)
    usual = way(root) if root else (all_parts(site)[0].name, site.limits, False)
    elsewhere = tuple(
        Location((f"= {path}", f"{path}/"), *way(app), (app.name,))
        for path, app in mounts.items()
        if path and not same_way(path, app, mounts, usual)
    )
    at_home = tuple(dict.fromkeys(app.name for app in mounts.values() if way(app) == usual))
    locations = (*elsewhere, Location(("/",), *usual, at_home or ("nobody's",)))
    return Host(name, locations, hsts(site, name))


def hsts(site: Site, host: str) -> str:
    """Return what a host says of https. Only the site's own zone is spoken for as a whole."""
    if not site.tls or not site.tls.hsts_seconds:
        return ""
    own = host == site.domain or host.endswith(f".{site.domain}")
    below = "; includeSubDomains" if own and site.tls.hsts_subdomains else ""
    return f"max-age={site.tls.hsts_seconds}{below}"


Way = tuple[str, Limits, bool]
"""What tells the locations of two apps apart: pool, limits, and whether there are websockets."""


def way(app: App) -> Way:
    return app.pool, app.limits, app.websockets


def same_way(path: str, app: App, mounts: dict[str, App], home: Way) -> bool:
    """Whether the mount around this one goes to the same pool within the same limits already."""
    around = max((p for p in mounts if p and path.startswith(f"{p}/")), key=len, default="")
    return way(app) == (way(mounts[around]) if around else home)


def fixed(name: str, at: Layout) -> str:
    """Return a file that depends on the site's name alone."""
    return TEMPLATES.get_template(f"{name}.j2").render(at=at)


def unit(kind: str, pool: str, site: Site, at: Layout) -> str:
    """Return a pool's template unit, ``service`` or ``socket``."""
    template = TEMPLATES.get_template(f"pool.{kind}.j2")
    given = {"pool": pool, "limits": site.pool(pool), "environment": site.environment}
    return template.render(at=at, **given)


def stand_in(unit: str, socket: str) -> str:
    """Return the unit of a pool, of no release, as one that listens where that does."""
    begun = unit.replace("\n[Service]\n", f"\n[Service]\nSockets={socket}\n")
    return re.sub(r"(?m)^(Description=.*)$", r"\1, while it restarts", begun)


def job(job: Job, app: App, site: Site, at: Layout) -> str:
    """Return the template unit of what an app has beside its pool."""
    template = TEMPLATES.get_template("job.service.j2")
    given = {"pool": job.pool, "limits": site.pool(job.pool), "environment": site.environment}
    return template.render(at=at, job=job, app=app, **given)


def sudoers(user: str, at: Layout) -> str:
    """Return what the SSH user may do as root."""
    return TEMPLATES.get_template("sudoers.j2").render(at=at, user=user)


def shared(name: str, **given: object) -> str:
    """Return a file that all sites of a server share."""
    return TEMPLATES.get_template(f"{name}.j2").render(given)

"""What is not as site.toml says: on a server, or not deployed yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from deploy.layout import Layout
from deploy.server import brotli, confined, https, logs, render
from deploy.server.look import State
from deploy.server.web import web_files
from deploy.stages import ground, maintenance
from deploy.stages.publishing import nginx_file
from dispatcher.registry.site import App, Pool, Site

HERE = {"name", "apps", "pools", "servers", "here", "environment", "watch_seconds", "file"}
"""What of a site is told by its parts, or says nothing to a server."""


def made(at: Layout, site: Site, found: State) -> dict[str, str]:
    """Return the files that are made of a site, by path, as they should be."""
    *_, rights = (found.files.get(at.sudoers) or "").splitlines() or [""]
    user = rights.partition(" ")[0]
    closures = [one.model_dump(mode="json") for one in found.closed]
    closed = maintenance.files(at, closures) if closures else {}
    return {
        **brotli.files(found),
        **web_files(),
        **https.nginx_files(site, found),
        **confined.files(),
        **logs.files(),
        **ground.boot_files(at),
        **ground.templates(at, site),
        at.sudoers: render.sudoers(user or "nobody", at),
        nginx_file(at): render.nginx(site, at)[0],
        **closed,
    }


def strange(at: Layout, site: Site, found: State) -> dict[str, str]:
    """Return the files that are ``missing`` or were ``changed`` since they were made."""
    return {
        path: "missing" if found.files.get(path) is None else "changed"
        for path, text in made(at, site, found).items()
        if found.files.get(path) != text
    }


def undeployed(live: Site, wanted: Site) -> Iterator[str]:
    """Yield what is another in ``wanted`` than in what is live, in words."""
    yield from differences("app", {a.name: a for a in live}, {a.name: a for a in wanted})
    then, now = ({pool.name: pool for pool in site.pools} for site in (live, wanted))
    yield from differences("pool", then, now)
    if other := changed(live, wanted, HERE):
        yield f"{other} of the site"


def differences(
    what: str, then: dict[str, App] | dict[str, Pool], now: dict[str, App] | dict[str, Pool]
) -> Iterator[str]:
    for name in sorted(then.keys() | now.keys()):
        if name not in then:
            yield f"{what} {name} is new"
        elif name not in now:
            yield f"{what} {name} is gone"
        elif other := changed(then[name], now[name]):
            yield f"{other} of {what} {name}"


def changed(then: App | Pool | Site, now: App | Pool | Site, but: set[str] | None = None) -> str:
    """Return the names of the fields that differ."""
    names = [field.name for field in fields(then) if field.name not in (but or set())]
    return ", ".join(name for name in names if getattr(then, name) != getattr(now, name))

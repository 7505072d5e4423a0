"""Keep copies of the data of apps, and put them back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.errors import DeployError
from deploy.tasks.options import told
from deploy.tasks.project import ROOT, linked, pool_of, registry, serving

if TYPE_CHECKING:
    from deploy.protocol.archive import Manifest
    from deploy.protocol.data_words import Packed
    from dispatcher.registry.site import Site

BACKUPS = ROOT / "backups"
"""Never committed: it has a .gitignore of its own."""

BEFORE = "before"
"""What stands for the data that a server had before the last restore."""


@told("app", "env", "only")
def backup(context: Any, app: str = "", env: str = "", only: str = "") -> None:
    """Copy the data of all apps into backups/, a file for each server; or of an app's pool.

    Each database of SQLite's is as it is at one moment. No keys, no secrets.
    """
    from deploy.fleet import backing
    from deploy.fleet.console import Live

    site = registry(env)
    pool = pool_of(site, app) if app else ""
    pools = [pool] if pool else [one.name for one in site.pools if site.of_pool(one.name)]
    own(BACKUPS)
    with Live() as live, linked(site, serving(site, only), context, "") as fleet:
        made = fleet.each(lambda link: backing.back_up(fleet, link, pools, BACKUPS, pool, live))
    for path in made.values():
        print(path)


@told("file", "app", "env", "only", "plan")
def restore(
    context: Any, file: str, app: str = "", env: str = "", only: str = "", plan: bool = False
) -> None:
    """Put the data of a backup in the place of what a server has: fab restore NAME.

    What it had stays beside it: fab restore before puts that back. Requests wait for some
    seconds, none is lost.
    """
    from deploy.fleet import doing, session
    from deploy.fleet.console import Live
    from deploy.protocol.data_words import Packed, Restore

    site = registry(env)
    with tempfile.TemporaryDirectory(prefix="flaskyard-") as scratch, Live() as live:
        paths: dict[str, Path] = {}
        if file == BEFORE:
            server = one_of(site, only, "")
            parts = [Packed(pool=pool) for pool in chosen(site, app)]
        else:
            path = found(file)
            manifest, parts = opened(path, site, app, Path(scratch), paths)
            server = one_of(site, only, manifest.server)
            live.say(about(path, manifest, site, server))
        intention = Restore(pools=tuple(parts), stamp=session.stamp())
        with linked(site, server, context) as fleet:
            if plan:
                doing.show(fleet, intention, live)
            elif doing.do(fleet, intention, live, paths):
                live.say("What was there before is kept; to have it back: fab restore before")


def chosen(site: Site, app: str) -> list[str]:
    """Return the pools meant."""
    if app:
        return [pool_of(site, app)]
    return [one.name for one in site.pools if site.of_pool(one.name)]


def opened(
    path: Path, site: Site, app: str, scratch: Path, paths: dict[str, Path]
) -> tuple[Manifest, list[Packed]]:
    """Return what a backup is of, and the data of the pools meant, checked."""
    from deploy.protocol import archive
    from deploy.protocol.data_words import Packed

    manifest = archive.read(path)
    wanted = [pool_of(site, app)] if app else list(manifest.pools)
    if missing := [pool for pool in wanted if pool not in manifest.pools]:
        there = ", ".join(manifest.pools)
        raise DeployError(f"{path} has no data of pool {missing[0]}; it has {there}")
    parts = []
    for pool in wanted:
        file, copy = archive.taken_out(path, manifest, pool, scratch)
        paths[file.sha256] = copy
        parts.append(Packed(pool=pool, file=file))
    return manifest, parts


def one_of(site: Site, only: str, server: str) -> str:
    """Return the server to restore: the one named, the one it was made of, or the only one."""
    from deploy.fleet import session

    servers = [one.name for one in session.chosen(site, serving(site, only))]
    if len(servers) > 1 and not only and server in servers:
        return server
    if len(servers) > 1:
        raise DeployError(f"say which server, with --only: {', '.join(servers)}")
    return servers[0]


def about(path: Path, manifest: Manifest, site: Site, server: str) -> str:
    there = "" if manifest.server == server else f", now for {server}"
    other = "" if manifest.site == site.name else f", of the site {manifest.site}"
    return f"{path}: {manifest.server} at {manifest.made}{other}{there}"


def found(file: str) -> Path:
    """Return the path of a backup; its name alone is enough."""
    for path in (Path(file), BACKUPS / file):
        if path.is_file():
            return path
    raise DeployError(f"there is no backup {file}; `fab backup` makes one in {BACKUPS}")


def own(folder: Path) -> None:
    """Make the folder that git leaves out."""
    folder.mkdir(mode=0o700, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")

"""Refuse servers that could not run the site, before anything is done to them."""

from __future__ import annotations

import re

from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import parts
from deploy.server import brotli, https
from deploy.server.look import State
from deploy.server.web import web_files
from deploy.stages import ground
from dispatcher.registry.site import Site

NEEDED_BYTES, NEEDED_INODES = 300_000_000, 20_000

MOST_USERS = 200
"""Of pools of one site, on one server."""


def refuse_unfit(at: Layout, site: Site, found: State) -> None:
    """Raise `PlanError` for a server that could not run the site, or runs another by its names."""
    refuse_other_systems(found)
    if found.free_bytes < NEEDED_BYTES:
        free, needed = found.free_bytes // 1_000_000, NEEDED_BYTES // 1_000_000
        raise PlanError(f"has {free} MB of disk free; a release needs {needed}")
    if found.free_inodes < NEEDED_INODES:
        raise PlanError(f"has {found.free_inodes} inodes free; a release needs {NEEDED_INODES}")
    refuse_taken(at, site, found)
    refuse_crowds(at, site, found)


def refuse_unready(at: Layout, site: Site, found: State) -> None:
    """Raise `PlanError` for a server that bootstrap has not been to, or not lately."""
    laid = {**web_files(), **ground.boot_files(at)}
    stale = [path for path, text in laid.items() if found.files.get(path) != text]
    keyless = found.keys.get(at.keys) is None and not site.is_edge
    lacking = keyless or at.builder not in found.users
    if stale or lacking or brotli.lacks(found) or https.lacks(at, site, found):
        raise PlanError("is not ready for this version of Flaskyard; run: fab bootstrap")
    if "nginx.service" not in found.active():
        raise PlanError("nginx does not run; run: fab bootstrap")


def refuse_other_systems(found: State) -> None:
    """Raise `PlanError` for anything but Debian 12 or newer."""
    name, version = found.os.get("PRETTY_NAME", "an unknown system"), found.os.get("VERSION_ID", "")
    major = re.match(r"\d+", version)
    if found.os.get("ID") != "debian" or major is None or int(major[0]) < 12:
        raise PlanError(f"runs {name}; Flaskyard needs Debian 12 or newer")


def refuse_crowds(at: Layout, site: Site, found: State) -> None:
    """Raise `PlanError` where a site would have more users than its part of a server's.

    Debian has 900 numbers for users of services, and none is given to another: a pool that is no
    more has left its data.
    """
    new = [user for part in parts(site) if (user := at.user(part.name)) not in found.users]
    if new and found.pool_users + len(new) > MOST_USERS:
        raise PlanError(
            f"has {found.pool_users} users for pools of {at.site}, and would get {len(new)} more; "
            f"{MOST_USERS} are the most; remove those of pools that are no more, with their data"
        )


def refuse_taken(at: Layout, site: Site, found: State) -> None:
    """Raise `PlanError` where a unit of the site's names is somebody else's.

    The pool ``staging-web`` of the site ``yard`` and the pool ``web`` of ``yard-staging``
    would have one user and one unit between them.
    """
    for part in parts(site):
        text = found.files.get(at.template(part.name, "service")) or ""
        other = re.search(r"^Description=(.*): pool (.*), release", text, re.MULTILINE)
        user = at.user(part.name)
        if user in found.strangers or (text and other is None):
            whose = f"a unit {user}@.service" if text else f"a user {user}"
            raise PlanError(
                f"has {whose} that is not Flaskyard's; "
                f"give pool {part.name} of {at.site} another name"
            )
        if other and other[1] != at.site:
            raise PlanError(
                f"has the user {at.user(part.name)} for pool {other[2]} of the site {other[1]}; "
                f"give pool {part.name} of {at.site} another name"
            )
    if found.files.get(at.debians_unit) is not None:
        raise PlanError(
            f"has a service {at.boot_unit} of Debian's; give the site another name than {at.site}"
        )

"""The project that `fab` is run in, and its servers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.building import commit
from deploy.errors import UNTOUCHED, DeployError, PlanError

if TYPE_CHECKING:
    from deploy.fleet.console import Live
    from dispatcher.registry.site import Site

ROOT = Path(os.path.relpath(Path(__file__).parents[2]))
SITE = ROOT / "site.toml"
KNOWN_HOSTS = ROOT / "known_hosts"
"""The project's own, to be committed: the whole team trusts the same keys."""


def registry(env: str) -> Site:
    from dispatcher.registry.site_toml import load

    return load(SITE, env)


def linked(site: Any, only: str, context: Any, state: str = UNTOUCHED, *, limit: str = "") -> Any:
    """Connect with the agents of the servers ``only`` names; with ``limit``, the first of them."""
    from deploy.fleet import session

    names = session.limited(site, only, limit)
    return session.linked(site, names, context.config, KNOWN_HOSTS, state)


def serving(site: Site, only: str = "") -> str:
    """Return the names of the servers that run apps, of those in ``only``, or of all."""
    from deploy.fleet import session

    return session.of_apps(site, only)


def left_out(live: Live) -> None:
    """Say what is not committed: a release is a commit, so it lacks that."""
    changed = commit.uncommitted(ROOT)
    if SITE.name in changed:
        raise DeployError("site.toml has changes that are not committed; commit them first")
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        live.say(f"Not in the release, for it is not committed: {', '.join(changed[:5])}{more}")


def pool_of(site: Site, app: str) -> str:
    """Return the pool of an app; raises `PlanError` for one not there."""
    try:
        return site.app(app).pool
    except LookupError as error:
        raise PlanError(str(error.args[0])) from None


def addresses(site: Site) -> str:
    """Return where visitors find the apps."""
    from dispatcher.registry.site import claims
    from dispatcher.registry.tenancy import shown

    scheme = "https" if site.tls else "http"
    return "  ".join(f"{scheme}://{shown(app, address)}" for app, address in claims(site.apps))

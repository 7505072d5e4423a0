"""What a deployment does on an edge: nginx passes requests on to the servers with the apps.

No app is installed there. A release is what nginx is told of it, and goes live and back with those
of the others. Which servers there are is no release's: it is of now, and outlives a rollback.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from deploy.acting.steps import Plan, Run, Script, Step, Steps
from deploy.bundle import Bundle
from deploy.layout import Layout
from deploy.release import Release
from deploy.server import https, render
from deploy.server.files import write
from deploy.server.look import State
from deploy.server.shipping import place
from deploy.server.tools import empty
from deploy.stages import install, publishing, retiring
from deploy.stages.serving import GATE_SECONDS, ask
from dispatcher.registry.site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping


def deploy(
    at: Layout,
    site: Site,
    bundle: Bundle,
    found: State,
    release: Release,
    now: Release | None,
    out: Collection[str] = (),
) -> Plan:
    """Pass requests on to the servers behind as the release says; empty where it is so already.

    Those named in ``out`` get none. ``release`` is what is to be, ``now`` what is live.
    """
    leads = write({at.webs: render.webs(site, at, out)}, found)
    if now is not None and now.id == release.id and not found.publishing:
        title = f"deploy {bundle.id}: it is live already"
        return Plan(title, publish=relead(at, site, release, out, leads)) if leads else Plan(title)
    new = () if release.id in found.installed else installed(at, site, bundle, release)
    first = leads if found.files.get(at.webs) is None else ()
    return Plan(
        f"deploy {bundle.id}",
        prepare=(*new, *https.placeholders(at, release.tls, found), *first),
        publish=(
            *(anew(leads) if leads and not first else ()),
            *publishing.publish(at, release, now, found, afresh=bool(leads)),
            reached(site, release, out),
        ),
        tidy=(
            *retiring.retire(at, now, release, found),
            *retiring.prune(at, release, found),
            *https.see(at, release),
            publishing.settle(at),
        ),
    )


def installed(at: Layout, site: Site, bundle: Bundle, release: Release) -> Steps:
    """Write down what nginx is to be told, and the site.toml it is made of."""
    folder = at.folder(release.id)
    return (
        Step("make the release's folder", empty(folder), undo=Run("rm", "-rf", folder)),
        place(at, (bundle.site,), folder),
        *https.describe(at, release, site),
        *install.describe(at, release, render.nginx(site, at)[0]),
        publishing.claims(at, release),
    )


def anew(leads: Steps) -> Steps:
    """Write whom it leads to; what is taken back is read by nginx once it is back."""
    return (Step("check nginx", publishing.CHECK, undo=publishing.reload_nginx()), *leads)


def relead(at: Layout, site: Site, live: Release, out: Collection[str], leads: Steps) -> Steps:
    """Lead to other servers than before, with the release that is live."""
    return (
        *anew(leads),
        Step("reload nginx", publishing.reload_nginx()),
        reached(site, live, out),
        Step("ask every app through nginx", ask(at, live, through_nginx=True)),
    )


def reached(site: Site, release: Release, out: Collection[str]) -> Step:
    """See that each of the servers behind answers to it, and with this release."""
    given = {**asking(site, release, out), "seconds": GATE_SECONDS, "must": True}
    return Step("ask every server behind it", Script.of("reach", given))


def asking(site: Site, release: Release, out: Collection[str] = ()) -> Mapping[str, object]:
    """Return whom to ask for what, as `deploy.onhost.reach` wants it."""
    host, path = next(at for part in release.fronts for at in part.addresses)
    webs = {web.name: web.address for web in site.webs if web.name not in out}
    return {"webs": webs, "host": host, "path": f"{path}/", "release": release.id}


def out_of(found: State, at: Layout, site: Site) -> tuple[str, ...]:
    """Return the servers that an edge was told to leave out."""
    text = found.files.get(at.webs) or ""
    return tuple(web.name for web in site.webs if f" down;  # {web.name}\n" in text)

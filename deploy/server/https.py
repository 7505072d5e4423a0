"""What https needs on a server: certificates that are always there, and who sees to them.

nginx's configuration names one file for each host, which is made before nginx is told of the
host: at first of nobody's. `deploy.certify`, begun by a timer, puts real ones there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from deploy.acting.steps import Put, Run, Script, Step, Steps, hidden, shell
from deploy.layout import Layout
from deploy.release import Release
from deploy.server import render
from deploy.server.files import write
from deploy.server.look import NginxFound, State
from dispatcher.registry.site import Site
from dispatcher.registry.tls import asked_from, secured

HTTPS, DEFAULT = "/etc/nginx/flaskyard/https.conf", "/etc/nginx/conf.d/00-flaskyard-https.conf"

USER = "flaskyard-acme"
"""Who asks authorities for certificates: neither root nor anybody who serves."""

ASKED = f"/var/lib/{USER}"
WEBROOT = f"{ASKED}/webroot"
"""Where answers to an authority are, for nginx to show."""

PATIENCE_SECONDS = 60
"""How long bootstrap waits for certificates, which it need not have."""

GROUPS = "X25519:prime256v1:secp384r1"
OLD, NEW = NginxFound(version="1.22.1", openssl="3.0"), NginxFound(version="1.26.3", openssl="3.5")
"""What Debian 12 and 13 have."""


def plain(site: Site) -> bool:
    """Whether a site says that it has https and nobody sees to it."""
    return site.scheme == "https" and site.tls is None


def packages(site: Site) -> tuple[str, ...]:
    if not secured(site):
        return ()
    return ("openssl", "certbot") if asked_from(site) else ("openssl",)


def users(site: Site) -> tuple[str, ...]:
    return (USER,) if asked_from(site) else ()


def folders(at: Layout, site: Site) -> dict[str, str]:
    """Return owner and mode of each folder."""
    tls = {at.tls: "root 700"} if secured(site) else {}
    if not asked_from(site):
        return tls
    own = f"{ASKED}/{at.site}"
    return {**tls, ASKED: "root 755", WEBROOT: f"{USER} 755", own: f"{USER} 700"}


def nginx_files(site: Site, found: State) -> dict[str, str]:
    """Return what all sites of a server share, by path, as the nginx found there takes it."""
    if not secured(site):
        return {}
    nginx = found.nginx or (NEW if major(found) >= 13 else OLD)
    # Before 1.25.1 HTTP/2 is said of an address, once for all its hosts.
    http2 = number(nginx.version) >= (1, 25, 1)
    groups = f"X25519MLKEM768:{GROUPS}" if number(nginx.openssl) >= (3, 5) else GROUPS
    return {
        HTTPS: render.shared("https.conf", says_http2=http2, groups=groups),
        DEFAULT: render.shared("default-https.conf", says_http2=http2),
    }


def number(version: str) -> tuple[int, ...]:
    """Return a version as numbers.

    >>> number("1.22.1") < number("1.25.1")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", version))


def major(found: State) -> int:
    return next(iter(number(found.os.get("VERSION_ID", ""))), 0)


def wanted(site: Site, *, live: bool = True) -> str:
    """Return which certificates are wanted, and from where, as `deploy.certify` reads it.

    Before there is a release that is ``live``, an authority is asked by a server that is alone
    behind its names: only that is sure to be the one which is asked whether they are its own.
    """
    tls = site.tls
    if tls is None or not secured(site):
        return ""
    not_yet = () if live or not site.peers else asked_from(site)
    own = {host: tls.own(host) for host in secured(site) if host not in not_yet}
    hosts = {host: [one.certificate, one.key] if one else None for host, one in own.items()}
    given = {"email": tls.email, "directory": tls.directory, "hosts": hosts}
    return f"{json.dumps(given, indent=1)}\n"


def describe(at: Layout, release: Release, site: Site) -> Steps:
    """Note in a release which certificates it wants, and whose visitors may show."""
    folder, asked = at.folder(release.id), wanted(site)
    if not asked:
        return ()
    steps: Steps = (Step("name its certificates", Put(f"{folder}/tls.json", asked)),)
    if site.tls and site.tls.client_ca:
        put = Put(f"{folder}/clients.pem", site.tls.client_ca)
        steps += (Step("say whose certificates visitors may show", put),)
    return steps


def placeholders(at: Layout, hosts: Iterable[str], found: State) -> Steps:
    """Make certificates of nobody's for hosts that have none."""
    paths = {at.certificate(host): host for host in hosts}
    there = {f"{at.tls}/{name}" for name in found.certificates}
    lacking = sorted(paths.keys() - there)
    if not lacking:
        return ()
    names = ", ".join(paths[path] for path in lacking[:3]) + (", ..." if len(lacking) > 3 else "")
    make = Script.of("placeholder", {"paths": lacking, "aside": "new"})
    undo, aside = Run("rm", "-f", *lacking), tuple(map(hidden, lacking))
    return (Step(f"make a placeholder for {names}", make, undo, aside),)


def see(at: Layout, release: Release) -> Steps:
    """Have the certificates seen to, without waiting for it: an authority may take its time."""
    return begin(at, 0) if release.tls else ()


EACH_DUE = "*"
"""Instead of a host: all that are due, however often they failed."""


def begin(at: Layout, seconds: int, host: str = "") -> Steps:
    """Have the certificates seen to, that of a host though it is not due.

    Without a host, one that failed a few times waits until it is due again. Wait ``seconds``
    for it, and let it go on if that is too short.
    """
    now = Step("let it ask at once", Put(f"{at.tls}/now", host))
    start = Run("systemctl", "start", "--no-block", at.tls_service)
    if seconds:
        start = shell('timeout "$2" systemctl start "$1" || true', at.tls_service, str(seconds))
    return (now, Step("see to the certificates", start))


def lay(at: Layout, site: Site, found: State) -> Steps:
    """Let certificates be seen to from now on, and begin."""
    hosts = secured(site)
    if not hosts:
        return ()
    steps = (
        *placeholders(at, hosts, found),
        *write({at.wanted: wanted(site, live=False)}, found),
    )
    if not listens(at, found):
        enable = Run("systemctl", "enable", "--quiet", "--now", at.tls_timer)
        steps += (Step("see to the certificates every ten minutes", enable),)
    return (*steps, *begin(at, PATIENCE_SECONDS)) if steps else ()


def timer_link(at: Layout) -> str:
    return f"/etc/systemd/system/timers.target.wants/{at.tls_timer}"


def listens(at: Layout, found: State) -> bool:
    return found.links.get(timer_link(at)) is not None and at.tls_timer in found.active()


def lacks(at: Layout, site: Site, found: State) -> bool:
    """Whether a server is not ready for the site's https."""
    if not secured(site):
        return False
    files = nginx_files(site, found)
    return (
        any(found.files.get(path) != text for path, text in files.items())
        or not set(packages(site)) <= set(found.packages)
        or not set(users(site)) <= set(found.users)
        or not listens(at, found)
    )

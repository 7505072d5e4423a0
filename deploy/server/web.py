"""What nginx needs before any site: it refuses strange hosts, and passes on in one way."""

from __future__ import annotations

from deploy.acting.steps import Run, Step, Steps, shell
from deploy.server import brotli, https, render
from deploy.server.files import write
from deploy.server.look import State
from dispatcher.registry.headers import NAMES, of_page
from dispatcher.registry.limits import MOST_HEADER_KB
from dispatcher.registry.site import Site

DEBIANS_PAGE = "/etc/nginx/sites-enabled/default"
FOLDER = "/etc/nginx/flaskyard"
DEFAULT, PROXY = "/etc/nginx/conf.d/00-flaskyard.conf", f"{FOLDER}/proxy.conf"
STATIC = f"{FOLDER}/static.conf"
ANSWER, DOWNLOAD, OWN, PAGES = (
    f"{FOLDER}/{name}.conf" for name in ("answer", "download", "own", "pages")
)
EDGE = f"{FOLDER}/edge.conf"
ACME = f"{FOLDER}/acme.conf"


def web(site: Site, found: State) -> Steps:
    """Let nginx refuse hosts that are nobody's, and pass the others on in one way."""
    steps = list(
        write({**brotli.files(found), **web_files(), **https.nginx_files(site, found)}, found)
    )
    if found.files.get(PROXY) is None:
        steps.insert(0, Step("make nginx's folder", Run("install", "-d", FOLDER)))
    if found.links.get(DEBIANS_PAGE) is not None or "nginx" not in found.packages:
        steps.append(Step("take Debian's page away", Run("rm", "-f", DEBIANS_PAGE)))
    runs = "nginx.service" in found.active()
    if steps or not runs:
        check = "nginx -t -q && systemctl reload-or-restart nginx"
        steps.append(Step("reload nginx" if runs else "start nginx", shell(check)))
    return tuple(steps)


def web_files() -> dict[str, str]:
    """Return what all sites of a server share, by path."""
    return {
        ANSWER: render.shared("answer.conf"),
        DOWNLOAD: render.shared("download.conf", names=NAMES),
        OWN: render.shared("own.conf", of_page=of_page),
        PAGES: render.shared("pages.conf"),
        PROXY: render.shared("proxy.conf"),
        STATIC: render.shared("static.conf"),
        EDGE: render.shared("edge.conf"),
        ACME: render.shared("acme.conf", webroot=https.WEBROOT),
        DEFAULT: render.shared("default.conf", most_header_kb=MOST_HEADER_KB),
    }

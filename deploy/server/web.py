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
ACME, PEERS = f"{FOLDER}/acme.conf", f"{FOLDER}/peers.conf"

KEPT = "/etc/nginx/flaskyard.before"
WHOLE = f"{KEPT}/whole"
"""Is there from before nginx is told anything until it has read it: who finds it, ends that."""

KEEP = """\
cd / || exit  # above a link, cp of Debian 12 looks for folders from there
! [ -e "$1/whole" ] || exit 0  # a run that did not end has kept what was there before it
rm -rf "$1" && mkdir -m 700 "$1" && kept=$1 && shift || exit
for file; do
    ! { [ -e "$file" ] || [ -L "$file" ]; } || cp -a --parents "$file" "$kept" || exit
done
: > "$kept/whole"
"""
TRY = """\
said=$(nginx -t -q 2>&1) && exit
kept=$1
shift
for file; do
    if [ -e "$kept$file" ] || [ -L "$kept$file" ]; then
        cp -a --remove-destination "$kept$file" "$file"
    else
        rm -f "$file"
    fi
done
rm -rf "$kept"
case $said in *"duplicate default server"*)
    said="$said
Flaskyard refuses hosts that are nobody's: take default_server out of the file named." ;;
esac
printf '%s\n' "$said" "What nginx was told is as it was." >&2
exit 1
"""
"""nginx would not start again with files that it does not take, and other sites with it."""


def web(site: Site, found: State) -> Steps:
    """Let nginx refuse hosts that are nobody's, and pass the others on in one way."""
    files = {**brotli.files(found), **web_files(), **https.nginx_files(site, found)}
    steps = list(write(files, found))
    if found.links.get(DEBIANS_PAGE) is not None or "nginx" not in found.packages:
        steps.append(Step("take Debian's page away", Run("rm", "-f", DEBIANS_PAGE)))
    if steps or found.files.get(WHOLE) is not None:
        # All that any site has: another site's run may be what did not end.
        told = tuple(dict.fromkeys((*files, https.HTTPS, https.DEFAULT, DEBIANS_PAGE)))
        steps.insert(0, Step("keep what nginx was told", shell(KEEP, KEPT, *told)))
        steps.append(Step("see that nginx takes it", shell(TRY, KEPT, *told)))
    if found.files.get(PROXY) is None:
        steps.insert(0, Step("make nginx's folder", Run("install", "-d", FOLDER)))
    runs = "nginx.service" in found.active()
    if steps or not runs:
        check = 'nginx -t -q && systemctl reload-or-restart nginx && rm -rf "$1"'
        steps.append(Step("reload nginx" if runs else "start nginx", shell(check, KEPT)))
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
        ACME: render.shared("acme.conf", webroot=https.WEBROOT, peers=False),
        PEERS: render.shared("acme.conf", webroot=https.WEBROOT, peers=True),
        DEFAULT: render.shared("default.conf", most_header_kb=MOST_HEADER_KB),
    }

"""Make a release the one that visitors reach: the cutover."""

from __future__ import annotations

from deploy.acting.steps import Action, Put, Run, Script, Step, Steps, shell
from deploy.layout import Layout
from deploy.release import Release, stands_in
from deploy.server.look import State
from deploy.stages.serving import ask, still

CHECK = Run("nginx", "-t", "-q")

OTHERS = ("/etc/nginx/conf.d", "/etc/nginx/sites-enabled")
"""Where Debian's nginx has the files of all sites, ours and others."""


def publish(
    at: Layout, release: Release, live: Release | None, found: State, *, afresh: bool = False
) -> Steps:
    """Make ``release`` the one that nginx talks to.

    Where the routes stay the same, that is one rename of the link nginx follows at each
    new connection. Otherwise the new configuration has a link of its own, and nginx is
    reloaded. If every app stays in its pool, the link of before moves first, so that
    nginx's old workers lead to the new release as well; if not, the reload moves visitors.
    ``afresh`` says that nginx has other reasons to read its configuration.
    """
    reroutes = live is None or live.routes != release.routes or found.publishing or afresh
    return (
        *((claims(at, release), Step("check nginx", CHECK)) if reroutes else ()),
        *((still(at, release, found),) if release.pools else ()),
        mark(at, release, undo=unmark(at, release, live) if reroutes else settle(at).do),
        Step(
            "go live",
            flip(at, release, live),
            undo=back(at, release, live),
            aside=(f"{at.live(release.routes)}.new", f"{at.current}.new"),
        ),
        *((point_nginx(at),) if found.links.get(at.nginx) != nginx_file(at) else ()),
        *((Step("reload nginx", reload_nginx()),) if reroutes else ()),
        Step("ask every app through nginx", ask(at, release, through_nginx=True)),
    )


def claims(at: Layout, release: Release) -> Step:
    """See that no other site of the server has the release's host names.

    Once before it starts, and once more before it goes live: another may have come meanwhile.
    """
    given = {"file": f"{at.folder(release.id)}/nginx.conf", "own": at.nginx, "others": OTHERS}
    return Step("see that its host names are no other's", Script.of("claims", given))


def settle(at: Layout) -> Step:
    """Note that the release holds, last of all."""
    return Step("note that it is done", Run("rm", "-f", at.publishing))


def mark(at: Layout, release: Release, undo: Action) -> Step:
    """Note that a cutover begins: if nobody ends it, the next deployment trusts nothing of it.

    Its undo comes last, once the links are back.
    """
    return Step("note that it begins", Put(at.publishing, f"{release.id}\n"), undo=undo)


def unmark(at: Layout, release: Release, live: Release | None) -> Run:
    """Let nginx read the configuration of before; drop the link only the new one knew."""
    same = live is not None and live.routes == release.routes
    return reload_nginx(*(() if same else (at.live(release.routes),)), at.publishing)


def flip(at: Layout, release: Release, instead_of: Release | None = None) -> Run:
    """Point the links at the release, each by one rename, so that none is ever missing.

    The link that nginx follows now comes last: should power fail before, the server
    starts with one release throughout.
    """
    sockets = at.sockets(release.id)
    links = [(sockets, at.live(release.routes)), (at.folder(release.id), at.current)]
    if instead_of and instead_of.routes != release.routes and stands_in(release, instead_of):
        links.append((sockets, at.live(instead_of.routes)))
    script = (
        'while [ $# -gt 0 ]; do ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2" || exit; shift 2; done'
    )
    words = [word for link in links for word in link]
    return shell(f'home=$1; shift; {script}; sync "$home"', at.home, *words)


def back(at: Layout, release: Release, live: Release | None) -> Run:
    return flip(at, live) if live else Run("rm", "-f", at.live(release.routes), at.current)


def nginx_file(at: Layout) -> str:
    return f"{at.current}/nginx.conf"


def point_nginx(at: Layout) -> Step:
    """Let nginx read the configuration of whatever release is live."""
    link = Run("ln", "-sfn", nginx_file(at), at.nginx)
    return Step("let nginx read it", link, undo=Run("rm", "-f", at.nginx))


def reload_nginx(*stale: str) -> Run:
    """Reload nginx if its configuration holds, and wait until its old workers are gone.

    Until then they still pass requests to the release before, which must not stop. Only
    then remove the ``stale`` files.
    """
    gone = 'for pid; do tail -s 0.02 --pid="$pid" -f /dev/null; done'
    script = (
        "nginx -t -q && old=$(pgrep -P $(cat /run/nginx.pid) || true) && nginx -s reload && "
        f"{{ timeout 10 sh -c '{gone}' sh $old || true; }}"
    )
    return shell(f'{script} && rm -f "$@"', *stale) if stale else shell(script)

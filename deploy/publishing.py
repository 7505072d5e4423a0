"""Make a release the one that visitors reach: the cutover."""

from __future__ import annotations

from deploy.layout import Layout
from deploy.release import Release
from deploy.serving import ask
from deploy.steps import Run, Step, Steps, shell


def publish(at: Layout, release: Release, live: Release | None) -> Steps:
    """Make ``release`` the one that nginx talks to.

    Where the routes stay the same, that is one rename of the link nginx follows at each
    new connection. Otherwise the new configuration has a link of its own, and reloading
    nginx is what moves the visitors.
    """
    reroutes = live is None or live.routes != release.routes
    # Undone last: once the links are back, nginx reads the configuration of before.
    ready = Step("check nginx", Run("nginx", "-t", "-q"), undo=reload_nginx())
    back = flip(at, live) if live else Run("rm", "-f", at.live(release.routes), at.current)
    let = shell('ln -sfn "$1" "$2"', f"{at.current}/nginx.conf", at.nginx)
    return (
        *((ready,) if reroutes else ()),
        Step("go live", flip(at, release), undo=back),
        *((Step("let nginx read it", let, undo=Run("rm", "-f", at.nginx)),) if not live else ()),
        *((Step("reload nginx", reload_nginx()),) if reroutes else ()),
        Step("ask every app through nginx", ask(at, release, through_nginx=True)),
    )


def flip(at: Layout, release: Release) -> Run:
    """Point both links at the release, each by one rename, so that neither is ever missing."""
    script = (
        'ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2" && '
        'ln -sfn "$3" "$4.new" && mv -T "$4.new" "$4" && sync "$(dirname "$4")"'
    )
    live, current = at.live(release.routes), at.current
    return shell(script, at.sockets(release.id), live, at.folder(release.id), current)


def reload_nginx() -> Run:
    """Reload nginx if its configuration holds, and wait until its old workers are gone.

    Until then they still pass requests to the release before, which must not stop.
    """
    script = (
        "nginx -t -q && old=$(pgrep -P $(cat /run/nginx.pid) || true) && nginx -s reload && "
        "for pid in $old; do timeout 10 tail -s 0.02 --pid=$pid -f /dev/null || true; done"
    )
    return shell(script)

"""Has nginx room for the visitors of all apps where one of them hangs?"""

from __future__ import annotations

from deploy.acting.steps import Script, Step, Steps, shell
from deploy.onhost.widen import widened
from deploy.server.look import State

NGINX = "/etc/nginx/nginx.conf"


def widen(found: State) -> Steps:
    """Let nginx hold more connections, unless it may already; what else is set there stays."""
    text = found.files.get(NGINX)
    if text is not None and widened(text) == text:
        return ()
    reload = "nginx -t -q && systemctl try-reload-or-restart nginx"
    return (
        Step("let nginx hold more connections", Script.of("widen", {"path": NGINX})),
        Step("reload nginx", shell(reload)),
    )

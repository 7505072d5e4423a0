"""Whether nginx on a server can give out what was compressed by brotli, as Debian's can."""

from __future__ import annotations

from deploy.server.look import State

MODULE = "libnginx-mod-http-brotli-static"
DEBIANS = "nginx-common"
"""Which Debian's nginx needs and packages of others have not: no module of Debian's fits those."""

FILE = "/etc/nginx/flaskyard/brotli.conf"

ASKED = (MODULE, DEBIANS)
"""The packages to look for."""


def there(found: State) -> bool:
    """Whether it can, once bootstrap has been; where there is no nginx yet, it will be Debian's."""
    return "nginx" not in found.packages or DEBIANS in found.packages


def packages(found: State) -> tuple[str, ...]:
    return (MODULE,) if there(found) else ()


def files(found: State) -> dict[str, str]:
    """Return what nginx is told of it, by path."""
    told = "brotli_static on;\n" if there(found) else "# This nginx is none of Debian's.\n"
    return {FILE: told}


def lacks(found: State) -> bool:
    return not {*packages(found)} <= {*found.packages} or any(
        found.files.get(path) != text for path, text in files(found).items()
    )

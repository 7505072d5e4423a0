"""Do visitors get to the site?"""

from __future__ import annotations

import time
from collections.abc import Iterator

from deploy.checks.finding import Finding, Seen, ok, warn, wrong

WARN_SECONDS = 14 * 86400
"""A certificate that ends so soon is told of: renewals come earlier."""

LEAST_FILES = 2
"""Files for each connection of nginx: the visitor's, and the one to the pool."""


def nginx(seen: Seen) -> Iterator[Finding]:
    """See that nginx runs, and that it could be reloaded."""
    web, active = seen.examined.web, "nginx.service" in seen.state.active()
    if seen.bare and "nginx" not in seen.state.packages:
        yield ok("nginx comes with: fab bootstrap")
        return
    if web and web.fault:
        yield wrong(f"nginx would not take its configuration: {web.fault}", "sudo nginx -t")
    if not active:
        yield wrong("nginx does not run", "fab bootstrap")
    elif not (web and web.fault):
        yield ok("nginx runs, and its configuration is right")


def file_limit(seen: Seen) -> Iterator[Finding]:
    """See that the nginx that runs may open as many files as it has connections."""
    web = seen.examined.web
    if web is None or web.file_limit is None:
        return
    needed = LEAST_FILES * web.connections
    if web.file_limit < needed:
        yield warn(
            f"nginx may open {web.file_limit} files, and has {web.connections} connections, "
            f"which need {needed}",
            "write `worker_rlimit_nofile 65536;` first in /etc/nginx/nginx.conf, and: "
            "sudo systemctl restart nginx",
        )
    else:
        yield ok(f"nginx may open {web.file_limit} files")


def confined(seen: Seen) -> Iterator[Finding]:
    """See that nginx began with the rights it has now, and no more."""
    web = seen.examined.web
    if web is None or web.confined is None:
        return
    if web.confined:
        yield ok("nginx runs with no more rights than it needs")
    else:
        yield warn(
            "nginx has run since before its rights were cut down, and keeps them until it starts",
            "sudo systemctl restart nginx",
        )


def ports(seen: Seen) -> Iterator[Finding]:
    """See that nobody but nginx listens on the ports of the web."""
    others = [one for one in listeners(seen) if one[1] not in ("nginx", "")]
    for address, program in others:
        yield wrong(
            f"{program} listens on {address}, where nginx is to", f"sudo systemctl stop {program}"
        )
    if seen.examined.web and not others:
        yield ok("nobody but nginx listens on ports 80 and 443")


def listeners(seen: Seen) -> tuple[tuple[str, str], ...]:
    return seen.examined.web.listeners if seen.examined.web else ()


def hosts(seen: Seen) -> Iterator[Finding]:
    """See that no other file of nginx's claims a host name of the site."""
    web = seen.examined.web
    if web is None:
        return
    claimed = [(file, name) for file, name in web.foreign if name in seen.site.hosts]
    for file, name in claimed:
        yield wrong(
            f"{file} answers for {name}, too: which one does is chance",
            f"sudo rm {file}, or its server_name {name}",
        )
    if not claimed:
        yield ok("no other site on it claims a host name of this one")


def certificates(seen: Seen) -> Iterator[Finding]:
    """See that others that nginx shows can be read, and hold for a while; `https` has our own."""
    now = seen.examined.system.time if seen.examined.system else time.time()
    for one in seen.examined.web.certificates if seen.examined.web else ():
        if one.path.startswith(f"{seen.at.tls}/"):
            continue
        names = ", ".join(one.names) or one.path
        if one.until is None:
            yield wrong(f"the certificate {one.path} cannot be read")
            continue
        rest = one.until - now
        says = f"the certificate of {names} ends in {rest / 86400:.0f} days"
        if rest <= 0:
            yield wrong(f"the certificate of {names} has ended: {one.path}")
        elif rest < WARN_SECONDS:
            yield warn(f"{says}: {one.path}")
        else:
            yield ok(says)


def names(seen: Seen) -> Iterator[Finding]:
    """See that the names of the site lead to the server, as far as can be told from here."""
    if seen.outside is None or seen.site.behind:
        return
    address = seen.outside.address
    elsewhere: dict[tuple[str, ...], list[str]] = {}
    for host, found in seen.outside.names.items():
        if address not in found:
            elsewhere.setdefault(found, []).append(host)
    for found, those in elsewhere.items():
        who, where = ", ".join(those), ", ".join(found) or "nowhere"
        verb = "leads" if len(those) == 1 else "lead"
        yield warn(
            f"{who} {verb} to {where}, and SSH reached {address}",
            f"in DNS: lead {who} to {address}",
        )
    if not elsewhere:
        yield ok(f"the site's names lead to {address}")


def reached(seen: Seen) -> Iterator[Finding]:
    """See that nothing on the way, as a firewall, keeps visitors out."""
    if seen.outside is None or seen.site.behind or "nginx.service" not in seen.state.active():
        return
    if seen.outside.web:
        says = f"port 80 of {seen.outside.address} cannot be reached from here: {seen.outside.web}"
        yield warn(says, "let a firewall pass ports 80 and 443")
    else:
        yield ok("port 80 can be reached from here")


def ssh(seen: Seen) -> Iterator[Finding]:
    """Say how it was reached."""
    if seen.outside:
        yield ok(f"SSH reaches {seen.outside.reached}, and its host key is known")

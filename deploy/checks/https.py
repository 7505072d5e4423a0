"""Does each host have its certificate, and for how long?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from deploy.certify.due import ALARM_SHARE, share_left
from deploy.checks.finding import Finding, Seen, ok, warn, wrong
from dispatcher.registry.crowd import FEWER, crowded, repeated
from dispatcher.registry.tls import secured

ASK = "see that the name leads to it and that port 80 is open, then: fab certificates --renew"
OWN = "put the files in place that tls.certificates of site.toml names"
MANY = "get one by dns-01, and name its files in tls.certificates of site.toml: docs/https.md"
LOG = "journalctl -u 'flaskyard-tls@*', and: fab bootstrap"


def https(seen: Seen) -> Iterator[Finding]:
    """See that the hosts of the live release have certificates, and that these are renewed."""
    live, told = seen.live, seen.state.tls or {}
    if live is None or not live.tls:
        return
    now = seen.examined.system.time if seen.examined.system else datetime.now(UTC).timestamp()
    for host in live.tls:
        one = told.get("hosts", {}).get(host)
        yield of_host(host, one, datetime.fromtimestamp(now, UTC))
    if told.get("fault"):
        yield wrong(f"nginx does not take its certificates: {told['fault']}", "sudo nginx -t")
    if seen.at.tls_timer not in seen.state.active():
        yield wrong("its certificates are not renewed, for the timer is off", "fab bootstrap")


def from_here(seen: Seen) -> Iterator[Finding]:
    """See that visitors get to port 443, and that browsers take what hosts show there."""
    outside, live = seen.outside, seen.live
    if outside is None or live is None or not live.tls:
        return
    if "nginx.service" not in seen.state.active():
        return
    if outside.secure:
        says = f"port 443 of {outside.address} cannot be reached from here: {outside.secure}"
        yield warn(says, "let a firewall pass ports 80 and 443")
        return
    yield ok("port 443 can be reached from here")
    there = {host: one for host, one in outside.shown.items() if host in live.tls}
    for host, one in there.items():
        if one.fault and not lacking(seen, host):  # of which `https` tells
            says = f"{host} shows a certificate that is not taken here: {one.fault}"
            yield warn(says, "fab certificates")
    ends = [one.until for one in there.values() if one.until is not None]
    if ends and len(ends) == len(there):
        now = seen.examined.system.time if seen.examined.system else datetime.now(UTC).timestamp()
        days = (min(ends) - now) / 86400
        yield ok(f"the certificates that it shows are taken here, for {days:.0f} days at least")


def peers(seen: Seen) -> Iterator[Finding]:
    """See that a server can ask the others for what an authority may ask it."""
    for name, fault in seen.examined.peers.items():
        if fault:
            says = f"it cannot ask {name} for the proof of a host: {fault}"
            yield warn(says, f"let {seen.server} reach port 80 of {name}, and see its address")
        else:
            yield ok(f"it can ask {name} for the proof of a host")


def lacking(seen: Seen, host: str) -> bool:
    """Whether a host is known to have no certificate that an authority signed."""
    one = (seen.state.tls or {}).get("hosts", {}).get(host)
    return one is None or bool(one["placeholder"])


def crowd(seen: Seen) -> Iterator[Finding]:
    """Say where an authority gives no more certificates this week than some hosts want."""
    wanting = [host for host in secured(seen.site) if lacking(seen, host)]
    for says in crowded(seen.site, wanting):
        yield warn(says, "one for all hosts, by dns-01: docs/https.md")
    for says in repeated(seen.site, wanting):
        yield warn(says, FEWER)


def of_host(host: str, one: dict[str, Any] | None, now: datetime) -> Finding:
    """Say how the certificate of one host is."""
    if one is None:
        return wrong(f"{host} has no certificate yet: it was not asked for", LOG)
    why = f": {one['fault']}" if one["fault"] else ""
    again = f"; it is asked for again at {one['again']}" if one["again"] else ""
    todo = MANY if host[0] == "*" and one["again"] else ASK if one["again"] else OWN if why else LOG
    if one["placeholder"]:
        why = why or ": it was not asked for"
        return wrong(f"{host} has no certificate yet{why}{again}", todo)
    begins, ends = (datetime.fromisoformat(one[key]) for key in ("begins", "ends"))
    if ends <= now:
        return wrong(f"the certificate of {host} has ended{why}{again}", todo)
    days = (ends - now).days
    left = f"{days} days" if days > 1 else f"{(ends - now).total_seconds() / 3600:.0f} hours"
    if share_left(begins, ends, now) < ALARM_SHARE:
        return wrong(f"the certificate of {host} ends in {left}{why}{again}", todo)
    if why and not again:
        return wrong(f"the certificate of {host} stays as it is{why}", todo)
    return ok(f"the certificate of {host} ends in {left}")

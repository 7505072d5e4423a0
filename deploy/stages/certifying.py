"""Have certificates asked for now, by a person who does not want to wait for the timer."""

from __future__ import annotations

from deploy.acting.steps import Plan
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.release import Release
from deploy.server import https

SECONDS = 60
"""How long it is waited for; after that it goes on by itself."""


def renew(at: Layout, live: Release | None, host: str) -> Plan:
    """Ask at once for all that are due, and for that of a ``host`` though it is not.

    Nothing is taken back: what an authority gives is better than what was there, or not taken.
    Raises `PlanError` where the live release has no such host, or no https.
    """
    if live is None:
        raise PlanError("has no live release whose hosts are known; run: fab deploy")
    if not live.tls:
        raise PlanError("has no https, as docs/https.md has it; or a proxy in front has that")
    if host and host not in live.tls:
        raise PlanError(f"its live release has no host {host!r}; it has {', '.join(live.tls)}")
    what = f"another certificate for {host}" if host else "certificates that are due"
    return Plan(f"ask for {what}", prepare=https.begin(at, SECONDS, host or https.EACH_DUE))

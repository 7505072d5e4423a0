"""A server as it was found, for checks to be asked about, and what they say of it."""

from __future__ import annotations

from typing import Any

from deploy.checks.finding import Check, Seen, findings
from deploy.checks.outside import Outside
from deploy.protocol.examined import Disk, Examined, Memory, System, Web
from deploy.server.look import State
from dispatcher.registry.site import Site
from tests.deploy.sample import AGENT, SITE, B, serving

REGISTRY = """\
name = "yard"
domain = "example.org"
[apps.portal]
app = "apps.portal:make"
path = "/"
"""
"""What `SITE` is made of."""

GB = 10**9
SYSTEM = System(
    time=1_000_000,
    synchronized="yes",
    versions={"nginx": "1.22.1", "openssl": "3.0.15", "systemd": "252"},
    disks=(Disk(path="/srv/yard", free_bytes=4 * GB, bytes=9 * GB, free_inodes=5, inodes=9),),
    memory=Memory(bytes=2 * GB, free_bytes=GB),
    journal_bytes=1,
)
WEB = Web(file_limit=65536, connections=768, confined=True, listeners=(("0.0.0.0:80", "nginx"),))
OUTSIDE = Outside("deploy@web1:22", "192.0.2.1", {"example.org": ("192.0.2.1",)})
HELLO = {"agent": AGENT.name, "keys": "k", "secrets": ""}


def seen(state: State | None = None, site: Site = SITE, **more: Any) -> Seen:
    """Return a server that is well but for what is given: of `Seen`, or of `Examined`."""
    own = {name: more.pop(name) for name in list(more) if name in Examined.model_fields}
    examined = Examined(
        **{"state": state or serving(B), "system": SYSTEM, "web": WEB, "registry": REGISTRY, **own}
    )
    given = {"server": "web1", "agent": AGENT.name, "hello": HELLO, "outside": OUTSIDE, **more}
    return Seen(site=site, examined=examined, **given)


def said(check: Check, one: Seen) -> list[tuple[str, str, str]]:
    """Return what a check says that is not well."""
    found = findings((check,), one)
    return [(each.level, each.says, each.todo) for each in found if each.level != "ok"]

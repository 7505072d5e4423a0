"""Which checks there are, in the order in which they are told."""

from __future__ import annotations

from deploy.checks import https, machine, ours, release, web
from deploy.checks.finding import Check

RUNNING: tuple[Check, ...] = (
    ours.agent,
    release.release,
    release.transaction,
    release.pools,
    release.beside,
    release.behind,
    release.closed,
    release.deployed,
    release.secrets,
    ours.keys,
    ours.files,
    web.nginx,
    web.certificates,
    https.https,
    machine.system,
    machine.disk,
    machine.clock,
)
"""What `fab status` tells of where it is not well: does the site run as it should?"""

EVERYTHING: tuple[Check, ...] = (
    web.ssh,
    *RUNNING,
    ours.rights,
    ours.started,
    web.file_limit,
    web.confined,
    web.ports,
    web.hosts,
    web.names,
    web.reached,
    https.from_here,
    https.peers,
    https.crowd,
    machine.programs,
    machine.synchronized,
    machine.memory,
    machine.failed,
    machine.reboot,
    machine.journal,
)
"""What `fab doctor` does: what a deployment would stumble over, and an operator should know."""

"""Is what Flaskyard put on a server as it left it?"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.checks.finding import Finding, Seen, ok, wrong
from deploy.server import secrets
from deploy.stages import ground
from deploy.stages.publishing import nginx_file

SHOWN = 5
"""Of more files than these only the number is told."""


def agent(seen: Seen) -> Iterator[Finding]:
    """See that the agent is this version's, and listens."""
    if seen.bare:
        yield wrong("is not made ready for this site yet", "fab bootstrap")
    elif seen.refusal:
        yield wrong(seen.refusal.partition("; run: ")[0], "fab bootstrap")
    elif seen.hello.get("agent", seen.agent) != seen.agent:
        yield wrong("its agent is of another version, and takes no deployment", "fab bootstrap")
    elif seen.at.agent_socket not in seen.state.active():
        yield wrong(f"{seen.at.agent_socket} does not run", "fab bootstrap")
    else:
        yield ok(f"its agent is this version's: {seen.agent}")


def keys(seen: Seen) -> Iterator[Finding]:
    """See that there are master keys, and that nobody else can read them."""
    if seen.bare or seen.site.is_edge:
        return
    found = seen.state.keys.get(seen.at.keys)
    if found is None:
        yield wrong("has no keys to sign with", "fab bootstrap")
    elif found.right != secrets.RIGHT:
        yield wrong(f"{seen.at.keys} can be read by others", "fab bootstrap")
    else:
        yield ok("its keys are there, and for root alone")


def files(seen: Seen) -> Iterator[Finding]:
    """See that no file that is made of site.toml was edited by hand or lost."""
    if seen.bare or (seen.live and seen.examined.registry is None):
        return
    strange = dict(seen.examined.strange)
    nginx = strange.pop(nginx_file(seen.at), "")
    for kind, says in (("missing", "is missing"), ("changed", "is not as it was made")):
        paths = sorted(path for path, what in strange.items() if what == kind)
        for path in paths[:SHOWN]:
            yield wrong(f"{path} {says}", mend(seen, path))
        if len(paths) > SHOWN:
            yield wrong(f"{len(paths) - SHOWN} more files are {kind}", "fab bootstrap")
    if nginx:
        again = "git commit --allow-empty --message Again && fab deploy"
        yield wrong(f"{nginx_file(seen.at)} was {nginx}", again)
    if seen.live and not seen.examined.strange:
        yield ok("its files are as they were made")


def mend(seen: Seen, path: str) -> str:
    if path.startswith(f"{seen.at.maintenance}/"):
        return "fab maintenance off, and on again"
    return "fab bootstrap"


def rights(seen: Seen) -> Iterator[Finding]:
    """See that nobody but root can change what is root's."""
    folders = ground.wanted_folders(seen.at, seen.site)
    modes = {seen.at.sudoers: "440", seen.at.boot: "755"}
    loose = []
    for path, right in seen.state.folders.items():
        if right is None:
            continue
        owner, mode = right.split()
        whose, most = folders.get(path, f"root {modes.get(path, '644')}").split()
        if owner != whose or int(mode, 8) & ~int(most, 8):
            loose.append((path, right, whose, most))
    for path, right, whose, most in loose[:SHOWN]:
        yield wrong(
            f"{path} is {right}, not {whose} {most}",
            f"sudo chown {whose} {path} && sudo chmod {most} {path}",
        )
    if not loose and not seen.bare:
        yield ok("its files and folders are root's alone to change")


def started(seen: Seen) -> Iterator[Finding]:
    """See that systemd starts the site at boot."""
    if seen.bare:
        return
    missing = [path for path in ground.wanted(seen.at) if seen.state.links.get(path) is None]
    for path in missing:
        yield wrong(f"{path} is missing: a boot would not start it", "fab bootstrap")
    if not missing:
        yield ok("systemd starts the site when the server boots")

"""Run a program on a host as root, past sshd and the network: by its namespaces."""

import subprocess

from tests.lab import cgroups, records
from tests.lab.errors import CommandFailed, LabError
from tests.lab.host import Host
from tests.lab.shell import PATH

ENVIRON = {"PATH": PATH, "HOME": "/root", "USER": "root", "LANG": "C.UTF-8", "TERM": "dumb"}

# Joins the host's cgroups first, so that what stays behind dies with the host.
JOIN = """
while [ "$1" != -- ]; do echo $$ 2>/dev/null > "$1/cgroup.procs"; shift; done
shift; exec "$@"
"""


def words(host: Host, argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command of this machine that runs ``argv`` on the host."""
    leader = records.leader(host)
    if leader is None:
        raise LabError(f"{host.name}: has no PID 1 yet")
    places = map(str, cgroups.of(host))
    enter = ("nsenter", "-t", str(leader), "-m", "-u", "-i", "-n", "-p", "--")
    home = ("/bin/sh", "-c", 'cd /root && exec "$@"', "sh")
    return ("/bin/sh", "-c", JOIN, "sh", *places, "--", *enter, *home, *argv)


def run(
    host: Host, *argv: str, check: bool = True, feed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to the end; raises `CommandFailed` unless told not to check."""
    return finished(words(host, argv), argv, check=check, feed=feed, environ=ENVIRON)


def finished(
    command: tuple[str, ...],
    told_as: tuple[str, ...],
    *,
    check: bool,
    feed: str | None = None,
    environ: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    stdin = subprocess.DEVNULL if feed is None else None
    done = subprocess.run(
        command, check=False, text=True, input=feed, stdin=stdin, capture_output=True, env=environ
    )
    if check and done.returncode:
        raise CommandFailed(told_as, done.returncode, done.stdout + done.stderr)
    return done

"""What a server has and runs: what must be equal before and after, and what must never stay."""

from __future__ import annotations

from tests.lab.host import Host
from tests.lab.lab import Lab

FILES = (
    "find /etc /srv -xdev -not -path '/srv/yard/store*' "
    "-not -path /srv/yard -not -path /srv/yard/live -printf '%p %M %u %l\\n' | sort"
)
UNITS = "systemctl list-units --plain --no-legend 'yard*' | cut -d ' ' -f 1 | sort"
SOCKETS = "find /run/yard -not -type d | sort"
ORPHANS = """\
systemctl list-units --plain --no-legend 'run-*.service' 'run-*.timer'
flock --nonblock /run/yard.lock true || echo locked
findmnt --raw --noheadings --output TARGET | grep ^/srv
find /srv/yard /etc/flaskyard /etc/nginx /etc/systemd/system -xdev -name '*.new' -o -name '.new*'
test ! -e /srv/yard/publishing || echo publishing
for socket in $(find /run/yard -type s); do
    grep -q "$socket" /proc/net/unix || echo "$socket is nobody's"
done
true
"""
BYTES = """\
set -- "/srv/yard/releases/$1" /srv/yard/current /srv/yard/live /etc/nginx /etc/flaskyard
set -- "$@" /etc/systemd
find "$@" -xdev -printf '%p %y %m %u %g %l\\n' | sort
find "$@" -xdev -type f -print0 | sort -z | xargs -0 sha256sum
"""


def files(lab: Lab, host: Host) -> str:
    """Return every file that a deployment may change."""
    return sh(lab, host, FILES)


def all_of(lab: Lab, host: Host) -> str:
    """Return that, and all that runs or listens."""
    return sh(lab, host, f"{FILES};{UNITS};{SOCKETS}")


def orphans(lab: Lab, host: Host) -> str:
    """Return units, locks, mounts, sockets and half files that nobody will ever clean up."""
    return sh(lab, host, ORPHANS)


def every_byte(lab: Lab, host: Host, release: str) -> str:
    """Return all of a live release, of nginx's and systemd's files, and of the links, by hash."""
    return lab.run(host, "sh", "-c", BYTES, "sh", release).stdout


def keep_warm(lab: Lab, host: Host) -> None:
    """Let what was live before stay up, which would be stopped in the middle of a long test."""
    sh(lab, host, "systemctl stop 'yard-retire-*.timer'")


def sh(lab: Lab, host: Host, script: str) -> str:
    return lab.run(host, "sh", "-c", script).stdout

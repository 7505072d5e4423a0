"""Servers that something is wrong with, and how a deployment or a rollback must end there."""

from __future__ import annotations

from tests.deployment.faults.fault import WELL_UNITS, End, Fault, both, drop_in, host, said
from tests.deployment.project import MARKER_APP

SPARE = "/var/tmp/spare"
FULL = (
    f"free=$(df --output=avail -B1 / | tail -1); fallocate -l $((free - 200000000)) {SPARE}; sync"
)
NONSENSE = "echo nonsense > /etc/nginx/conf.d/zz.conf"

DEAF = (
    "cp /etc/resolv.conf /run/resolv.conf; "
    # The socket is open when this returns; what the first question starts never reads it.
    "systemd-run --quiet --unit=deaf --socket-property=ListenDatagram=127.0.0.9:53 sleep 600; "
    "printf 'nameserver 127.0.0.9\\noptions timeout:2 attempts:1\\n' > /etc/resolv.conf",
    "systemctl stop 'deaf.*'; cp /run/resolv.conf /etc/resolv.conf; rm /run/resolv.conf",
)
"""A name server that hears and never answers."""

SERVERS = {
    "another release": Fault(
        "a process that answers for another release",
        drop_in("[Service]\\nEnvironment=DISPATCHER_RELEASE=other\\n"),
        End.OLD,
        "answers as release 'other'",
        heal=WELL_UNITS,
    ),
    "unit": Fault(
        "a unit that cannot start",
        drop_in("[Service]\\nExecStartPre=/bin/false\\n"),
        End.OLD,
        "could not start its pools",
        heal=WELL_UNITS,
    ),
    "nginx stopped": Fault(
        "an nginx that was stopped",
        host("systemctl stop nginx"),
        End.REFUSED,
        "nginx does not run",
        heal=("systemctl start nginx",),
    ),
    "nginx broken": Fault(
        "a configuration of nginx that is broken, and routes that stay",
        host(NONSENSE),
        End.NEW,
        heal=("rm /etc/nginx/conf.d/zz.conf",),
    ),
    "nginx broken, other routes": Fault(
        "a configuration of nginx that is broken, and routes that change",
        both(host(NONSENSE), said('domains = ["other.test"]')),
        End.OLD,
        "could not check nginx",
        heal=("rm /etc/nginx/conf.d/zz.conf",),
    ),
    "disk full": Fault(
        "a disk with less room than a release needs",
        host(FULL),
        End.REFUSED,
        "MB of disk free",
        heal=(f"rm {SPARE}",),
    ),
    "deaf resolver": Fault(
        "a name server that never answers",
        host(DEAF[0]),
        End.NEW,
        heal=(DEAF[1],),
        within_seconds=40,
    ),
}

FUSSY_APP = f"""{MARKER_APP.format(version="fussy")}
import os

sound = application


def application(environ, start_response):
    if os.path.exists(f"{{os.environ['STATE_DIRECTORY']}}/migrated"):
        raise RuntimeError("data of another release")
    return sound(environ, start_response)
"""
"""What rollbacks go to: it knows its data, and no other."""

LINK = "/var/tmp/target"
"""Leads to the release that rollbacks go to."""

TARGET = f"$(readlink {LINK})"
CODE = f"{TARGET}/venv/lib/python3*/site-packages/apps"
DATA = "/var/lib/yard/default/migrated"

ROLLBACKS = {
    "pruned": Fault(
        "a rollback to a release that was removed",
        host(f"mv {TARGET} /srv/yard/away"),
        End.REFUSED,
        "has no release",
        heal=(f"mv /srv/yard/away {TARGET}",),
        back=True,
    ),
    "damaged": Fault(
        "a rollback to a release of which a file is damaged",
        host(f"cd {CODE}; mv marker.py /var/tmp/marker.py; : > marker.py"),
        End.OLD,
        "has no 'application'",
        heal=(f"cd {CODE}; mv /var/tmp/marker.py marker.py",),
        back=True,
    ),
    "gone": Fault(
        "a rollback to a release whose environment is gone",
        host(f"mv {TARGET}/venv {TARGET}/away"),
        End.OLD,
        "could not start its pools",
        heal=(f"mv {TARGET}/away {TARGET}/venv",),
        back=True,
    ),
    "migrated away": Fault(
        "a rollback to a release that cannot read the data any more",
        host(f"touch {DATA}"),
        End.OLD,
        "/marker/ answers 500",
        heal=(f"rm {DATA}",),
        back=True,
    ),
}

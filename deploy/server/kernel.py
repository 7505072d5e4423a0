"""What the kernel refuses in folders that all may write to, as Debian has it by default.

Links there are followed only to what is one's own, and others' files and pipes are not opened for
writing (proc(5), ``fs.protected_*``): nobody makes a program of root's write where it should not.
"""

from __future__ import annotations

from deploy.acting.steps import Step, Steps, shell
from deploy.server.files import write
from deploy.server.look import State

FILE = "/etc/sysctl.d/60-flaskyard.conf"
WANTED = {"symlinks": 1, "hardlinks": 1, "fifos": 1, "regular": 2}
TEXT = "# Made by deploy/server/kernel.py.\n" + "".join(
    f"fs.protected_{name} = {value}\n" for name, value in WANTED.items()
)

APPLY = 'sysctl --quiet --load "$1" || ! test -w /proc/sys/fs/protected_symlinks'
"""Fails where the kernel does not take it; in a container it is the host's to say."""


EDGE = "/etc/sysctl.d/60-flaskyard-edge.conf"
NOTICES = {
    "tcp_keepalive_time": 5,
    "tcp_keepalive_intvl": 1,
    "tcp_keepalive_probes": 5,
    "tcp_retries2": 6,
    "tcp_tw_reuse": 1,
}
"""A server that is silent is given up after ten seconds, after about 25 where it never took in what
it was asked (tcp(7)). There is a connection for each request, and in some seconds so many that
their ports must be had again before a minute has passed."""

EDGE_TEXT = "# Made by deploy/kernel.py.\n" + "".join(
    f"net.ipv4.{name} = {value}\n" for name, value in NOTICES.items()
)
NOTICE = 'sysctl --quiet --load "$1" || ! test -w /proc/sys/net/ipv4/tcp_keepalive_time'


def notice(found: State) -> Steps:
    """Have an edge notice that a server behind it is gone, though that said nothing."""
    steps = write({EDGE: EDGE_TEXT}, found)
    apply = Step("have the kernel notice lost servers", shell(NOTICE, EDGE))
    return (*steps, apply) if steps else ()


def protect(found: State) -> Steps:
    """Have it refuse that from now on, and after each boot."""
    steps = write({FILE: TEXT}, found)
    return (*steps, Step("have the kernel protect links", shell(APPLY, FILE))) if steps else ()

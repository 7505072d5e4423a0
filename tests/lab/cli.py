"""The lab's command line: reads words, calls the commands, tells in a line what went wrong."""

import argparse
import os
from collections.abc import Callable, Sequence

from tests.lab import commands, needs, settings
from tests.lab.errors import LabError
from tests.lab.lab import WAIT_SECONDS, Lab
from tests.lab.telling import tell

Add = Callable[[str, commands.Command, str], argparse.ArgumentParser]


def main(argv: Sequence[str]) -> int:
    args = parser().parse_args(argv)
    try:
        missing = needs.missing()
        if missing:
            raise LabError(missing)
        args.command(Lab(settings.read(os.environ), tell), args)
    except LabError as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab", description="throw-away Debian hosts")
    found = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: commands.Command, does: str) -> argparse.ArgumentParser:
        made = found.add_parser(name, help=does, description=does)
        made.set_defaults(command=command)
        return made

    add_life(add)
    add_network(add)
    add_entry(add)
    return top


def add_life(add: Add) -> None:
    build = add("build", commands.build, "make the image (once; cached)")
    build.add_argument("--force", action="store_true", help="make it anew")
    add("drop-cache", commands.drop_cache, "remove the images and packages of all labs")
    up = add("up", commands.up, "bring up h1 to hN (creates, starts, or leaves as they are)")
    up.add_argument("count", type=int, metavar="N")
    up.add_argument("--fresh", action="store_true", help="discard what is there")
    up.add_argument("--from", dest="source", metavar="SNAPSHOT", help="new hosts start from this")
    up.add_argument("--disk-mb", type=int, help="size of each new host's disk")
    down = add("down", commands.down, "remove hosts (all, and leftovers, when none is named)")
    down.add_argument("hosts", nargs="*", metavar="HOST")
    down.add_argument("--purge", action="store_true", help="also its keys and snapshots")
    kill = add("kill", commands.kill, "pull the plug (start boots the same disk again)")
    kill.add_argument("--lose-unsynced", action="store_true", help="lose what was not fsynced")
    stop = add("stop", commands.stop, "power off in good order")
    start = add("start", commands.start, "boot hosts that are off")
    for some in (kill, stop, start):
        some.add_argument("hosts", nargs="+", metavar="HOST")
    for slow in (up, stop, start):
        slow.add_argument("--timeout", type=float, default=WAIT_SECONDS, metavar="SECONDS")


def add_network(add: Add) -> None:
    partition = add("partition", commands.partition, "cut off: packets vanish, both ways")
    partition.add_argument("--link", action="store_true", help="unplug the cable instead")
    partition.add_argument("hosts", nargs="+", metavar="HOST")
    heal = add("heal", commands.heal, "undo partition and lag (everywhere when none is named)")
    heal.add_argument("hosts", nargs="*", metavar="HOST")
    lag = add("lag", commands.lag, "add latency, loss, a bandwidth limit")
    lag.add_argument("host", metavar="HOST")
    lag.add_argument("rtt_ms", type=float, metavar="RTT_MS")
    lag.add_argument("--loss", type=float, default=0, metavar="PERCENT")
    lag.add_argument("--mbit", type=float, default=0)


def add_entry(add: Add) -> None:
    status = add("status", commands.tell_status, "what there is")
    status.add_argument("--json", action="store_true")
    ssh = add("ssh", commands.ssh, "ssh to a host as deploy")
    ssh.add_argument("-u", "--user", default="deploy")
    execute = add("exec", commands.execute, "run as root on a host, without ssh or network")
    for entry in (ssh, execute):
        entry.add_argument("host", metavar="HOST")
        entry.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD")
    snap = add("snap", commands.snap, "save a host's disk under a name")
    snap.add_argument("host", metavar="HOST")
    snap.add_argument("name", metavar="NAME")

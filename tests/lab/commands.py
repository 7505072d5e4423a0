"""What each command does with what was typed after it."""

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable

from tests.lab import inside, status
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.lag import Lag

Command = Callable[[Lab, Namespace], None]


def hosts(lab: Lab, args: Namespace) -> list[Host]:
    return [lab.host(name) for name in args.hosts]


def build(lab: Lab, args: Namespace) -> None:
    lab.build(force=args.force)


def drop_cache(lab: Lab, _: Namespace) -> None:
    lab.drop_cache()


def up(lab: Lab, args: Namespace) -> None:
    since = time.monotonic()
    new = {"source": args.source, "disk_mb": args.disk_mb}
    lab.up(args.count, fresh=args.fresh, **new, timeout_seconds=args.timeout)
    took = time.monotonic() - since
    lab.tell(f"{args.count} host(s) up in {took:.2f} s; ssh -F {lab.ssh_config} h1")


def down(lab: Lab, args: Namespace) -> None:
    lab.down(*hosts(lab, args), purge=args.purge)


def kill(lab: Lab, args: Namespace) -> None:
    lab.kill(*hosts(lab, args), lose_unsynced=args.lose_unsynced)


def stop(lab: Lab, args: Namespace) -> None:
    lab.stop(*hosts(lab, args), timeout_seconds=args.timeout)


def start(lab: Lab, args: Namespace) -> None:
    lab.start(*hosts(lab, args), timeout_seconds=args.timeout)


def partition(lab: Lab, args: Namespace) -> None:
    lab.partition(*hosts(lab, args), unplug=args.link)


def heal(lab: Lab, args: Namespace) -> None:
    lab.heal(*hosts(lab, args))


def lag(lab: Lab, args: Namespace) -> None:
    lab.lag(lab.host(args.host), Lag(args.rtt_ms, args.loss, args.mbit))


def snap(lab: Lab, args: Namespace) -> None:
    lab.snap(lab.host(args.host), args.name)


def tell_status(lab: Lab, args: Namespace) -> None:
    found = status.of(lab.settings)
    sys.stdout.write(f"{found.to_json() if args.json else found}\n")


def ssh(lab: Lab, args: Namespace) -> None:
    """Become ssh."""
    one = lab.existing(lab.host(args.host))
    words = ["ssh", "-F", str(lab.ssh_config), "-l", args.user, one.name, *args.words]
    os.execvp(words[0], words)


def execute(lab: Lab, args: Namespace) -> None:
    """Become the program on the host."""
    one = lab.running(lab.host(args.host))
    words = inside.words(one, tuple(args.words) or ("bash", "-l"))
    os.execve(words[0], words, inside.ENVIRON)

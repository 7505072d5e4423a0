"""``dispatcher secrets``: the master keys of which each app's secret is made."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dispatcher.cli import site_option
from dispatcher.keyfile import located
from dispatcher.keys import PREVIOUS, Keys
from dispatcher.tables import show

LASTS = f"""\
What apps signed before, sessions and links, is still taken, until {PREVIOUS} more rotations.
Running processes go on with the keys they have; start them anew."""


@click.group("secrets")
def command() -> None:
    """Show or rotate the master keys of this machine's site.

    Each app has a secret of its own, made of the newest key. The keys are in the file
    $DISPATCHER_KEYS, else in instance/keys. Servers have keys of their own: fab rotate.
    """


@command.command("list")
@site_option
def listed(path: Path) -> None:
    """List the keys, without showing them."""
    file = located(path, os.environ)
    table(file.read())
    click.echo(f"\n{file.path}")


@command.command("rotate")
@site_option
def rotate(path: Path) -> None:
    """Make a new key; what was signed with the ones before stays valid for a while."""
    file = located(path, os.environ)
    table(file.rotate())
    click.echo(f"\n{LASTS}")


def table(keys: Keys) -> None:
    uses = ["signs", *["is taken"] * (len(keys.masters) - 1)]
    rows = [
        (master.fingerprint, master.made, use)
        for master, use in zip(keys.masters, uses, strict=True)
    ]
    show(("key", "made", "use"), rows)

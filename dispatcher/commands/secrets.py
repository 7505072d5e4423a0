"""``dispatcher secrets``: the master keys of which each app's secret is made."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from dispatcher.cli import site_option
from dispatcher.keys.derivation import PREVIOUS, Keys
from dispatcher.keys.file import located
from dispatcher.tables import show

HEADER = ("key", "made", "use")

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
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def listed(path: Path, as_json: bool) -> None:
    """List the keys, without showing them."""
    file = located(path, os.environ)
    keys = rows(file.read())
    if as_json:
        told = [dict(zip(HEADER, row, strict=True)) for row in keys]
        click.echo(json.dumps({"file": str(file.path), "keys": told}, indent=2))
        return
    show(HEADER, keys)
    click.echo(f"\n{file.path}")


@command.command("rotate")
@site_option
def rotate(path: Path) -> None:
    """Make a new key; what was signed with the ones before stays valid for a while."""
    file = located(path, os.environ)
    show(HEADER, rows(file.rotate()))
    click.echo(f"\n{LASTS}")


def rows(keys: Keys) -> list[tuple[str, str, str]]:
    uses = ["signs", *["is taken"] * (len(keys.masters) - 1)]
    return [
        (master.fingerprint, master.made, use)
        for master, use in zip(keys.masters, uses, strict=True)
    ]

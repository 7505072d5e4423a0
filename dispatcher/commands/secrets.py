"""``dispatcher secrets``: what apps keep to themselves on this machine.

The master keys, of which each app's secret is made, and the secrets that people set.
"""

from __future__ import annotations

import json
import os
import sys
from getpass import getpass
from pathlib import Path

import click

from dispatcher.cli import env_option, site_option
from dispatcher.keys import own
from dispatcher.keys.derivation import PREVIOUS, Keys
from dispatcher.keys.file import located
from dispatcher.keys.own import SecretFile, fault_of_secret
from dispatcher.registry.given import secrets_named
from dispatcher.registry.placeholders import SECRET_NAME
from dispatcher.registry.site_toml import load
from dispatcher.tables import show

HEADER = ("key", "made", "use")
OTHERS = ("app", "secret", "use")

LASTS = f"""\
What apps signed before, sessions and links, is still taken, until {PREVIOUS} more rotations.
Running processes go on with the keys they have; start them anew."""

name_argument = click.argument("name")
app_option = click.option("--app", required=True, metavar="APP", help="Whose it is.")


@click.group("secrets")
def command() -> None:
    """Show, set and rotate the secrets of this machine's site.

    Those that {secret:NAME} stands for in site.toml are in the file $DISPATCHER_SECRETS, else
    in instance/secrets. Each app also has a secret to sign with, made of the newest of the
    master keys in $DISPATCHER_KEYS, else in instance/keys. Servers have secrets and keys of
    their own: fab secrets-set, fab secrets-rotate.
    """


@command.command("list")
@site_option
@env_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def listed(path: Path, environment: str, as_json: bool) -> None:
    """List keys and secrets, without showing them."""
    file, secrets = located(path, os.environ), own.located(path, os.environ)
    keys, named = rows(file.read()), uses(secrets, path, environment)
    if as_json:
        told = [dict(zip(HEADER, row, strict=True)) for row in keys]
        others = [dict(zip(OTHERS, row, strict=True)) for row in named]
        click.echo(json.dumps({"file": str(file.path), "keys": told, "secrets": others}, indent=2))
        return
    show(HEADER, keys)
    click.echo(f"\n{file.path}")
    if named:
        click.echo()
        show(OTHERS, named)
        click.echo(f"\n{secrets.path}")


def uses(secrets: SecretFile, path: Path, environment: str) -> list[tuple[str, str, str]]:
    """Return a row for each secret that is set, or that site.toml names."""
    there = {(app, name) for app, names in secrets.read().items() for name in names}
    site = load(path, environment) if path.exists() else ()
    wanted = {(app.name, name) for app in site for name in secrets_named(app)}
    return [
        (*one, "is not set" if one not in there else "is used" if one in wanted else "is in no use")
        for one in sorted(there | wanted)
    ]


@command.command("rotate")
@site_option
def rotate(path: Path) -> None:
    """Make a new key; what was signed with the ones before stays valid for a while."""
    file = located(path, os.environ)
    show(HEADER, rows(file.rotate()))
    click.echo(f"\n{LASTS}")


@command.command("set")
@name_argument
@app_option
@site_option
def set_one(name: str, app: str, path: Path) -> None:
    """Set a secret of an app: what is typed, unseen, or comes on stdin."""
    if not SECRET_NAME.fullmatch(name):
        raise click.BadParameter("write up to 64 letters, digits and _", param_hint="NAME")
    value = asked(name, app)
    if fault := fault_of_secret(value):
        raise click.ClickException(f"what was given {fault}")
    file = own.located(path, os.environ)
    file.set(app, name, value)
    click.echo(f"{name} of {app} is set, in {file.path}")


def asked(name: str, app: str) -> str:
    """Return what a person types, unseen, or all of stdin but a last line's end."""
    if sys.stdin.isatty():
        return getpass(f"{name} of {app}: ")
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise click.ClickException("what was given is not UTF-8") from None


@command.command("remove")
@name_argument
@app_option
@site_option
def remove(name: str, app: str, path: Path) -> None:
    """Forget a secret of an app."""
    file = own.located(path, os.environ)
    try:
        file.remove(app, name)
    except LookupError as error:
        raise click.ClickException(str(error.args[0])) from None
    click.echo(f"{name} of {app} is forgotten")


def rows(keys: Keys) -> list[tuple[str, str, str]]:
    used = ["signs", *["is taken"] * (len(keys.masters) - 1)]
    return [
        (master.fingerprint, master.made, use)
        for master, use in zip(keys.masters, used, strict=True)
    ]

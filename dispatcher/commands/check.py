"""``dispatcher check``: is site.toml right, does every app load?"""

from __future__ import annotations

from pathlib import Path

import click

from dispatcher.cli import env_option, prepare, site_option
from dispatcher.instances import contain
from dispatcher.loader import LoadError
from dispatcher.registry import load


@click.command("check")
@site_option
@env_option
def command(path: Path, environment: str) -> None:
    """Validate site.toml and import every app.

    Exits 1 where something is wrong.
    """
    prepare(path)
    site = load(path, environment)
    apps = contain(site, site)
    faults = 0
    for name, app in apps.items():
        try:
            app.load_app(app.app)
        except LoadError as error:
            faults += 1
            click.echo(f"fault  {error}")
        else:
            click.echo(f"ok     {name}: {app.app.target}")
    if faults:
        raise click.ClickException(f"{faults} of {len(apps)} apps cannot be loaded")

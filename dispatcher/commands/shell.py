"""``dispatcher shell``: Python, with one app at hand as the site has it."""

from __future__ import annotations

from pathlib import Path

import click

from dispatcher.cli import env_option, prepare, site_option
from dispatcher.develop.application import site_here
from dispatcher.jobs.shell import inside, interact
from dispatcher.loading.importing import LoadError


@click.command("shell")
@click.argument("name")
@site_option
@env_option
@click.option("--tenant", default="", metavar="NAME", help="The instance of this tenant.")
@click.option("--port", default=8000, show_default=True, help="For links, as in `dispatcher run`.")
def command(name: str, path: Path, environment: str, tenant: str, port: int) -> None:
    """Open a Python shell with an app as the site has it.

    Its configuration, environment and secret are those of site.toml. A Flask app is in a
    request for its first page, as `dispatcher run` would serve it.
    """
    prepare(path)
    site = site_here(path, environment, port)
    try:
        app = site.app(name)
    except LookupError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="NAME") from None
    if tenant and app.tenants is None:
        raise click.BadParameter(f"{name} has no tenants", param_hint="--tenant")
    try:
        with inside(site, app, tenant) as (banner, names):
            interact(banner, names)
    except LoadError as error:
        raise click.ClickException(str(error)) from None

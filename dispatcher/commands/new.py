"""``dispatcher new``: an app that runs, and its tests."""

from __future__ import annotations

from pathlib import Path

import click

from dispatcher.cli import site_option
from dispatcher.develop.adding import addition
from dispatcher.develop.application import site_here
from dispatcher.develop.new import NewApp


@click.command("new")
@click.argument("name")
@site_option
@click.option("--path", "prefix", default="", metavar="/PATH", help="Where it is on the site.")
@click.option("--subdomain", default="", metavar="LABEL", help="Its name below the site's domain.")
@click.option("--pool", default="", metavar="NAME", help="The processes it runs in.")
@click.option("--plan", is_flag=True, help="Show what would be written, and do nothing.")
def command(name: str, path: Path, prefix: str, subdomain: str, pool: str, plan: bool) -> None:
    """Make an app: a package, its tests, a table in site.toml.

    Without --path and --subdomain it is at /NAME. Nothing is written where the name, the
    address or a folder is taken.
    """
    app = NewApp(name, prefix, subdomain, pool)
    new = addition(path, app)
    if not plan:
        new.write()
    click.echo("It would write:" if plan else "Written:")
    for file in new.files:
        click.echo(f"  {file.relative_to(new.path.parent)}")
    click.echo(f"  {path.name}: [apps.{name}]")
    if plan:
        return
    site = site_here(path, "", 8000)
    words = {
        "dispatcher run": f"{site.url(site.app(name).addresses[0])}/",
        f"pytest tests/apps/{app.package}": "its tests",
    }
    click.echo("\nNext:")
    for word, meaning in words.items():
        click.echo(f"  {word:<{max(map(len, words))}}   {meaning}")

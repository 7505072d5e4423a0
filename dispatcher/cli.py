"""The command ``dispatcher``: run the site here, check it, list its routes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from werkzeug.serving import is_running_from_reloader

from dispatcher import local
from dispatcher.address import LOCAL_DOMAIN
from dispatcher.faults import RegistryError
from dispatcher.loader import LoadError
from dispatcher.loader import load as load_app
from dispatcher.registry import load
from dispatcher.site import Site, claims
from dispatcher.tables import show

site_option = click.option(
    "--site",
    "path",
    type=click.Path(path_type=Path),
    default="site.toml",
    envvar="DISPATCHER_SITE",
    show_default=True,
    help="The registry to read; the apps beside it can be imported.",
)
env_option = click.option(
    "--env",
    "environment",
    default="",
    envvar="DISPATCHER_ENV",
    metavar="NAME",
    help="The site as it is in [environments.NAME].",
)


class Group(click.Group):
    """Tell a person's own mistakes without a traceback."""

    def invoke(self, context: click.Context) -> object:
        """Run the command, turning errors that say everything into messages."""
        try:
            return super().invoke(context)
        except (RegistryError, local.PortError) as error:
            raise click.ClickException(str(error)) from None


EXAMPLES = """\b
Examples:
  dispatcher run                    the site at http://localhost:8000/
  dispatcher run --port 9000        ... at another port
  dispatcher run --server gunicorn  ... as in production, without nginx
  dispatcher check                  before you commit
  dispatcher routes --env staging   who answers where in staging
"""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
def main() -> None:
    """Run many WSGI apps as one site.

    site.toml says which apps there are and where each answers.
    """


@main.command()
@site_option
@env_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--debug/--no-debug",
    default=True,
    show_default=True,
    help="Reload on change, debugger on errors.",
)
@click.option(
    "--server",
    type=click.Choice(["werkzeug", "gunicorn"]),
    default="werkzeug",
    show_default=True,
    help="gunicorn serves as in production, without nginx, reload and debugger.",
)
def run(path: Path, environment: str, host: str, port: int, debug: bool, server: str) -> None:
    """Serve the whole site on this machine.

    Whatever domain site.toml names, here it is localhost, and subdomains are below it:
    browsers and curl know that those names are this machine.
    """
    prepare(path)
    if is_running_from_reloader():
        local.run(path, environment, host, port, debug=debug)
        return
    site = load(path, environment, LOCAL_DOMAIN)
    local.check_port(host, port)
    show(("app", "address"), list(addresses(site, port)))
    click.echo("Ctrl-C stops it.\n")
    sys.stdout.flush()
    if server == "gunicorn":
        local.gunicorn(path, environment, host, port)
    if debug:
        os.environ["FLASK_DEBUG"] = "1"  # errors reach the debugger, templates are read anew
    local.run(path, environment, host, port, debug=debug)


@main.command()
@site_option
@env_option
def check(path: Path, environment: str) -> None:
    """Validate site.toml and import every app.

    Exits 1 where something is wrong.
    """
    prepare(path)
    site = load(path, environment)
    faults = 0
    for app in site:
        try:
            load_app(app)
        except LoadError as error:
            faults += 1
            click.echo(f"fault  {error}")
        else:
            click.echo(f"ok     {app.name}: {app.target}")
    if faults:
        raise click.ClickException(f"{faults} of {len(site.apps)} apps cannot be loaded")


@main.command()
@site_option
@env_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def routes(path: Path, environment: str, as_json: bool) -> None:
    """List who answers at which address."""
    site = load(path, environment)
    rows = [
        {
            "address": str(address),
            "app": app.name,
            "pool": app.pool,
            "target": app.target,
            "host": address.host,
            "path": address.path,
        }
        for app, address in claims(site.apps)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    columns = ("address", "app", "pool", "target")
    show(columns, [[row[column] for column in columns] for row in rows])


def prepare(path: Path) -> None:
    """Let the apps beside the registry be imported, and give them a place for their data.

    On a server systemd names the place in the same variable (``StateDirectory=``).
    """
    folder = path.resolve().parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    os.environ.setdefault("STATE_DIRECTORY", str(folder / "instance"))


def addresses(site: Site, port: int) -> Iterator[tuple[str, str]]:
    """Yield a row for each address, the app's name only before its first."""
    for app in site:
        for number, address in enumerate(app.addresses):
            url = f"http://{address.host}:{port}{address.path}/"
            yield ("" if number else app.name), url

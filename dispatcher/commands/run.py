"""``dispatcher run``: the whole site on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from werkzeug.serving import is_running_from_reloader

from dispatcher import local
from dispatcher.address import LOCAL_DOMAIN
from dispatcher.cli import env_option, prepare, site_option
from dispatcher.registry import load
from dispatcher.site import Site
from dispatcher.tables import show


@click.command("run")
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
def command(path: Path, environment: str, host: str, port: int, debug: bool, server: str) -> None:
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


def addresses(site: Site, port: int) -> Iterator[tuple[str, str]]:
    """Yield a row for each address, the app's name only before its first."""
    for app in site:
        for number, address in enumerate(app.addresses):
            url = f"http://{address.host}:{port}{address.path}/"
            yield ("" if number else app.name), url

"""``dispatcher run``: the whole site on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
from werkzeug.serving import is_running_from_reloader

from dispatcher.cli import env_option, prepare, site_option
from dispatcher.develop.debugger import pin
from dispatcher.develop.listening import listen
from dispatcher.develop.serving import Serving, can_serve_anew, restarting
from dispatcher.local import gunicorn, site_here
from dispatcher.site import Site
from dispatcher.tables import show
from dispatcher.tenancy import shown


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
    debug = debug and server == "werkzeug"
    read = partial(site_here, path, environment, port)
    if is_running_from_reloader():
        restarting(path, read, host, port)
        return
    site = read()
    listening = listen(host, port)
    show(("app", "address"), list(addresses(site)))
    click.echo(f"Debugger PIN: {pin()}. Ctrl-C stops it.\n" if debug else "Ctrl-C stops it.\n")
    sys.stdout.flush()
    if server == "gunicorn":
        listening.close()
        gunicorn(path, environment, host, port)
    serving = Serving(path.resolve().parent, read, listening)
    if not debug:
        serving.once()
        return
    os.environ["FLASK_DEBUG"] = "1"  # errors reach the debugger, templates are read anew
    if can_serve_anew():
        serving.anew()
    else:
        listening.close()
        restarting(path, read, host, port)


def addresses(site: Site) -> Iterator[tuple[str, str]]:
    """Yield a row for each address, the app's name only before its first."""
    for app in site:
        for number, address in enumerate(app.addresses):
            yield ("" if number else app.name), f"{site.url(shown(app, address))}/"

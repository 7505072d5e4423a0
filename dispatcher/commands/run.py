"""``dispatcher run``: the whole site on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import click
from werkzeug.serving import is_running_from_reloader

from dispatcher.cli import env_option, prepare, site_option
from dispatcher.develop.application import gunicorn, site_here
from dispatcher.develop.debugger import pin
from dispatcher.develop.links import reached, rows, status
from dispatcher.develop.listening import listen, speaking
from dispatcher.develop.serving import Serving, can_serve_anew, restarting
from dispatcher.registry.jobs import jobs
from dispatcher.registry.site import App, Site
from dispatcher.tables import show

LIBRARY = "cryptography"
"""For developers alone (the extra ``develop``): no server makes a certificate."""


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
    "--app",
    "only",
    multiple=True,
    metavar="NAME",
    help="Serve this app alone; may be given several times.",
)
@click.option("--tls", is_flag=True, help="Speak https, with a certificate that is made here.")
@click.option(
    "--server",
    type=click.Choice(["werkzeug", "gunicorn"]),
    default="werkzeug",
    show_default=True,
    help="gunicorn serves as in production, without nginx, reload and debugger; all pools' apps "
    "run in the workers of the default one.",
)
def command(
    path: Path,
    environment: str,
    host: str,
    port: int,
    debug: bool,
    only: tuple[str, ...],
    tls: bool,
    server: str,
) -> None:
    """Serve the whole site on this machine.

    Whatever domain site.toml names, here it is localhost, and subdomains are below it:
    browsers and curl know that those names are this machine.
    """
    if server == "gunicorn" and only:
        raise click.UsageError("--app goes with --server werkzeug; gunicorn serves the whole site")
    prepare(path)
    read = partial(site_here, path, environment, port, tls=tls)
    folder = path.resolve().parent
    file = folder / "instance" / "localhost.pem" if tls else None
    if is_running_from_reloader():
        restarting(path, read, host, port, speaking(file) if file else None, only)
        return
    site = read()
    apps = chosen(site, only)
    if file is not None:
        certify(file, (*site.hosts, *filter(None, [reached(host).strip("[]")])))
    listening = listen(host, port)
    speaks = speaking(file) if file else None
    show(("app", "address"), list(rows(site, apps, host)))
    for app in apps:
        if beside := [job.worker or job.kind for job in jobs(app) if job.kind != "migrate"]:
            click.echo(f"{app.name} has {', '.join(beside)} too; run: dispatcher work {app.name}")
    debug = debug and server == "werkzeug"
    if at := status(site, host):
        click.echo(f"\nHow it is going: {at}")
    click.echo(f"Debugger PIN: {pin()}. Ctrl-C stops it.\n" if debug else "Ctrl-C stops it.\n")
    sys.stdout.flush()
    if server == "gunicorn":
        gunicorn(path, environment, listening, file)
    serving = Serving(folder, read, listening, speaks, only)
    if not debug:
        serving.once()
        return
    os.environ["FLASK_DEBUG"] = "1"  # errors reach the debugger, templates are read anew
    if can_serve_anew():
        serving.anew()
    else:
        listening.close()
        restarting(path, read, host, port, speaks, only)


def certify(file: Path, names: Iterable[str]) -> None:
    """Have a certificate for ``names`` in ``file``; raises `click.ClickException`."""
    try:
        from dispatcher.develop.certificate import ensure
    except ModuleNotFoundError as error:
        reason = f"--tls needs a certificate, and to make one the package {LIBRARY}"
        missing = f"it cannot be imported ({error})"
        raise click.ClickException(f"{reason}: {missing}; run: pip install {LIBRARY}") from None
    ensure(file, names)


def chosen(site: Site, names: tuple[str, ...]) -> list[App]:
    """Return the apps of these names, all where there is none; raises `click.BadParameter`."""
    try:
        return [site.app(name) for name in names] or list(site)
    except LookupError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--app") from None

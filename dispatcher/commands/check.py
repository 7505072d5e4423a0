"""``dispatcher check``: is site.toml right, does every app load and leave the others alone?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from dispatcher.cli import env_option, site_option
from dispatcher.develop.checking import Checked, checked
from dispatcher.registry.crowd import FEWER, crowded, repeated
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site_toml import load
from dispatcher.registry.tls import secured, unproved

SLOW_SECONDS = 2
"""From here on it is told how long loading an app took."""


@click.command("check")
@site_option
@env_option
@click.option("--json", "as_json", is_flag=True, help="For programs; tracebacks too.")
def command(path: Path, environment: str, as_json: bool) -> None:
    """Validate site.toml and import every app.

    Each pool's apps are imported in a process of their own, as on a server. What loading
    one changes for the others is told below it. Exits 1 where something is wrong.
    """
    if as_json:
        found = report(path, environment)
        click.echo(json.dumps(found, indent=2, default=str))
        raise SystemExit(0 if found["ok"] else 1)
    apps = []
    for app in checked(path, environment):
        apps.append(app)
        click.echo("\n".join(lines(app)))
    for warning in warnings(path, environment):
        click.echo(f"warn   {warning}")
    if faults := sum(1 for app in apps if app.fault):
        raise click.ClickException(f"{faults} of {len(apps)} apps cannot be loaded")


def report(path: Path, environment: str) -> dict[str, object]:
    """Return all that `check` finds, as plain values."""
    try:
        apps = [asdict(app) for app in checked(path, environment)]
    except RegistryError as error:
        faults = [asdict(fault) for fault in error.faults]
        return {"file": str(path), "ok": False, "faults": faults, "apps": [], "warnings": []}
    ok = not any(app["fault"] for app in apps)
    told = list(warnings(path, environment))
    return {"file": str(path), "ok": ok, "faults": [], "apps": apps, "warnings": told}


def warnings(path: Path, environment: str) -> Iterable[str]:
    """Yield what is right as it is, and will be a nuisance on a server."""
    site = load(path, environment)
    for says in crowded(site, secured(site)):
        yield f"{says}; see docs/https.md for one that is for all"
    for says in repeated(site, secured(site)):
        yield f"{says}; {FEWER}"
    for host in unproved(site):
        right = f'name its files in tls.certificates."{host}"'
        yield f"browsers will warn at {host}: email gets no certificate for many hosts; {right}"


def lines(app: Checked) -> Iterable[str]:
    slow = f", loaded in {app.seconds:.1f} s" if app.seconds >= SLOW_SECONDS else ""
    yield f"fault  {app.fault}" if app.fault else f"ok     {app.name}: {app.target}{slow}"
    for effect in app.side_effects:
        yield f"       {effect}"

"""``dispatcher routes``: who answers where?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from dispatcher.cli import env_option, site_option
from dispatcher.registry.site import claims
from dispatcher.registry.site_toml import load
from dispatcher.registry.tenancy import shown
from dispatcher.tables import show


@click.command("routes")
@site_option
@env_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(path: Path, environment: str, as_json: bool) -> None:
    """List who answers at which address."""
    site = load(path, environment)
    rows = [
        {
            "address": str(shown(app, address)),
            "app": app.name,
            "pool": app.pool,
            "target": app.target,
            "host": address.host,
            "path": address.path,
            "tenants": address == app.tenants,
        }
        for app, address in claims(site.apps)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    columns = ("address", "app", "pool", "target")
    show(columns, [[str(row[column]) for column in columns] for row in rows])

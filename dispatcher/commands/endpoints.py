"""``dispatcher endpoints NAME``: what can `site_url` lead to in an app?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from dispatcher.cli import env_option, prepare, site_option
from dispatcher.links import LinkError
from dispatcher.links.endpoints import exported
from dispatcher.links.rules import ASKED, OutError, rules_here
from dispatcher.registry.site_toml import load
from dispatcher.serving.apps import contain
from dispatcher.tables import show


@click.command("endpoints")
@click.argument("name")
@site_option
@env_option
@click.option("--tenant", default="", help="Look at the instance of this tenant.")
@click.option("--json", "as_json", is_flag=True, help="For programs; null for no Flask app.")
def command(name: str, path: Path, environment: str, tenant: str, as_json: bool) -> None:
    """List what site_url can lead to in an app.

    NAME is the app's in site.toml. It is imported for that, in this process.
    """
    out = os.dup(1)
    if as_json:
        os.dup2(2, 1)  # what the app prints is no JSON
    os.environ[ASKED] = "1"
    prepare(path)
    site = load(path, environment)
    try:
        app = site.app(name)
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    (contained, *_) = contain(site, [app]).values()
    try:
        found = exported(rules_here(contained, name, tenant))
    except OutError:
        raise
    except LinkError:
        if not as_json:
            raise
        found = None
    if as_json:
        sys.stdout.flush()
        with os.fdopen(out, "w") as told:
            json.dump(found, told)
        return
    os.close(out)
    show(("endpoint", "rule"), [[rule["endpoint"], rule["rule"]] for rule in found or []])

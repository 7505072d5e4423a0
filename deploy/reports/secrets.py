"""Which secrets are set, and which are missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.reports.tables import Rows, show
from deploy.server.look import State
from dispatcher.registry.given import secrets_named
from dispatcher.registry.site import Site


def rows(site: Site, found: Mapping[str, State]) -> Rows:
    """Return a row a secret that is set somewhere, or named in site.toml."""
    named = {(app.name, name) for app in site for name in secrets_named(app)}
    there = {
        (app, name): one
        for state in found.values()
        for app, ones in (state.vault.names if state.vault else {}).items()
        for name, one in ones.items()
    }
    return [
        {
            "app": app,
            "secret": name,
            "set": one.made if (one := there.get((app, name))) else None,
            "by": one.by if one else None,
            "used": (app, name) in named,
            "missing": [server for server, state in found.items() if not has(state, app, name)],
        }
        for app, name in sorted(named | there.keys())
    ]


def has(state: State, app: str, name: str) -> bool:
    return state.vault is not None and name in state.vault.names.get(app, {})


def table(rows: Rows) -> None:
    def line(row: dict[str, Any]) -> tuple[str, ...]:
        use = "is used" if row["used"] else "is in no use"
        how = f"fab secrets-set {row['secret']} --app {row['app']}"
        note = f"missing on {', '.join(row['missing'])}; run: {how}" if row["missing"] else use
        return (row["app"], row["secret"], row["set"] or "-", row["by"] or "-", note)

    show(("app", "secret", "set", "by", ""), [line(row) for row in rows])

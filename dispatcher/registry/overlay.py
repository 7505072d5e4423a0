"""Lay what an environment says anew over the rest of site.toml."""

from collections.abc import Iterator, Mapping
from typing import Any

from dispatcher.registry.schema import EnvironmentTable

Document = dict[str, Any]

OWN = ("certificates", "client_ca")
"""The keys of [tls] that name certificates."""

IN_FRONT = ("trusted_proxies", "real_ip_header", "proxy_protocol")
"""The keys of [nginx] that say what stands before it."""


def environments(document: Document) -> Iterator[str]:
    tables = document.get("environments")
    if isinstance(tables, dict):
        yield from (name for name, table in tables.items() if isinstance(table, dict))


def overlaid(document: Document, environment: str) -> Document:
    """Return the document with what the environment says anew laid over it.

    Names of the outside world are never inherited: an environment has only the
    servers, own domains, certificates and proxies that it names itself, so that staging can
    neither be deployed to production's machines nor answer in its name.
    """
    if not environment:
        return document
    base = {**document, "servers": {}, "apps": without_domains(document.get("apps", {}))}
    if isinstance(tls := document.get("tls"), dict):
        base["tls"] = {key: value for key, value in tls.items() if key not in OWN}
    if isinstance(nginx := document.get("nginx"), dict):
        base["nginx"] = {key: value for key, value in nginx.items() if key not in IN_FRONT}
    over = document["environments"][environment]
    return merged(base, {k: v for k, v in over.items() if k in EnvironmentTable.model_fields})


def without_domains(apps: object) -> object:
    if not isinstance(apps, dict):
        return apps
    return {
        name: {k: v for k, v in app.items() if k != "domains"} if isinstance(app, dict) else app
        for name, app in apps.items()
    }


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Document:
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merged(old, value)
        else:
            result[key] = value
    return result

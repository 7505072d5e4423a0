"""A good site.toml, and what is found in others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import load

Write = Callable[[str], Path]


GOOD = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "apps.portal:create_app"
path = "/"

[apps.wiki]
app = "wiki.wsgi:application"
path = "/wiki"
subdomain = "wiki"
domains = ["wiki.example.net"]
pool = "files"

[pools.files]
workers = 4
worker_class = "gthread"

[servers.web1]
host = "admin@web1.example.org:2222"

[servers.web2]
host = "web2.example.org"

[environments.staging]
domain = "staging.example.org"
pools.files.workers = 1
"""


def faults_of(path: Path, environment: str = "") -> list[str]:
    with pytest.raises(RegistryError) as raised:
        load(path, environment)
    return [str(fault) for fault in raised.value.faults]


def addresses(site: Site) -> dict[str, list[str]]:
    return {app.name: [str(address) for address in app.addresses] for app in site}

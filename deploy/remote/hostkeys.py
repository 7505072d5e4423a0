"""Which host keys are known: OpenSSH's, and those the project has pinned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import paramiko
from paramiko.hostkeys import InvalidHostKey


class UnreadableKeys(Exception):
    """A known_hosts that cannot be read."""


def trust(connection: Any, known_hosts: Path) -> None:
    """Accept only host keys that are known; Fabric's default accepts any."""
    client = connection.client
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    named = connection.ssh_config.get("userknownhostsfile", "").split()
    try:
        client.load_system_host_keys(None)
        for path in (*(Path(name).expanduser() for name in named), known_hosts):
            if path.is_file():
                client.load_host_keys(str(path))
    except InvalidHostKey as error:
        raise UnreadableKeys(f"a line of known_hosts is broken: {error.line}") from error


def pinned(known_hosts: Path, name: str) -> dict[str, paramiko.PKey]:
    """Return the keys that the project's known_hosts has for that name, by type."""
    keys = paramiko.HostKeys()
    if known_hosts.is_file():
        keys.load(str(known_hosts))
    return dict(keys.lookup(name) or {})


def pin(known_hosts: Path, name: str, key: paramiko.PKey) -> None:
    """Add a host key to the project's known_hosts."""
    with known_hosts.open("a") as file:
        file.write(f"{name} {key.get_name()} {key.get_base64()}\n")

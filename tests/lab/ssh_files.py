"""How do ssh, scp and Fabric find a lab's hosts, and know them?"""

from collections.abc import Iterable
from pathlib import Path

from tests.lab import host, identity, recipe
from tests.lab.host import Host
from tests.lab.settings import Settings


def place(settings: Settings) -> Path:
    return settings.state / "ssh"


def config(settings: Settings) -> Path:
    return place(settings) / "ssh_config"


def make_key(settings: Settings) -> None:
    """Make the key that opens all of the lab's hosts."""
    key = place(settings) / "id_ed25519"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity.make_key(key, "lab")


def write(settings: Settings) -> None:
    """Write both files for the hosts there are."""
    hosts = host.every(settings)
    keys = [(h, identity.host_key(h).read_text()) for h in hosts if identity.host_key(h).exists()]
    replace(place(settings) / "known_hosts", known_hosts(keys))
    replace(config(settings), config_text(settings, hosts))


def replace(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def known_hosts(keys: Iterable[tuple[Host, str]]) -> str:
    return "".join(
        f"{h.name},{h.name}.lab,{h.ip},{h.ip6} {' '.join(key.split()[:2])}\n" for h, key in keys
    )


def config_text(settings: Settings, hosts: Iterable[Host]) -> str:
    lines = ["# Written by the lab. Use with: ssh -F, scp -F, fab -S."]
    for h in hosts:
        lines += [f"Host {h.name} {h.name}.lab {h.ip}", f"  HostName {h.ip}"]
    lines += [
        f"Host h* {settings.net}.*",
        f"  User {recipe.USER}",
        f"  IdentityFile {place(settings)}/id_ed25519",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {place(settings)}/known_hosts",
        "  StrictHostKeyChecking yes",
        "  GlobalKnownHostsFile /dev/null",
        "  ConnectTimeout 10",
    ]
    return "\n".join(lines) + "\n"

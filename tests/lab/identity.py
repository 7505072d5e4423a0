"""What makes a host itself: its name, its machine-id, its ssh host key, who may log in."""

import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests.lab import recipe, shell
from tests.lab.host import MAX_HOSTS, Host
from tests.lab.settings import Settings


@dataclass(frozen=True, slots=True)
class Upper:
    """The writable layer of a host's file system, over its image."""

    place: Path
    image: Path

    def put(self, name: str, text: str, mode: int = 0o644) -> None:
        """Write a file. A new directory on the way gets the looks of the one it covers."""
        file = self.place / name
        for parent in reversed(Path(name).parents[:-1]):
            self.cover(parent)
        file.write_text(text)
        file.chmod(mode)
        self.own(file)

    def cover(self, directory: Path) -> None:
        place, covered = self.place / directory, self.image / directory
        if place.exists():
            return
        place.mkdir(mode=0o700)
        if covered.exists():
            shutil.copymode(covered, place)
        self.own(place)

    def own(self, path: Path) -> None:
        home = path.is_relative_to(self.place / "home" / recipe.USER)
        owner = recipe.USER_ID if home else 0
        os.chown(path, owner, owner)


def give(host: Host, upper: Upper) -> None:
    """Make the disk this host's own, unless it is already."""
    name = upper.place / "etc/hostname"
    if name.exists() and name.read_text() == f"{host.name}\n" and host_key(host).exists():
        return
    upper.put("etc/hostname", f"{host.name}\n")
    upper.put("etc/hosts", hosts_file(host.settings))
    upper.put("etc/machine-id", f"{uuid.uuid4().hex}\n", 0o444)
    login = (host.settings.state / "ssh/id_ed25519.pub").read_text()
    upper.put("root/.ssh/authorized_keys", login, 0o600)
    upper.put(f"home/{recipe.USER}/.ssh/authorized_keys", login, 0o600)
    give_host_key(host, upper)


def give_host_key(host: Host, upper: Upper) -> None:
    for old in (upper.place / "etc/ssh").glob("ssh_host_*"):
        old.unlink()
    with tempfile.TemporaryDirectory() as place:
        key = Path(place, "key")
        make_key(key, f"root@{host.name}")
        public = key.with_suffix(".pub").read_text()
        upper.put("etc/ssh/ssh_host_ed25519_key", key.read_text(), 0o600)
        upper.put("etc/ssh/ssh_host_ed25519_key.pub", public)
    host_key(host).write_text(public)


def make_key(key: Path, comment: str) -> None:
    shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", key)


def host_key(host: Host) -> Path:
    return host.dir / "hostkey.pub"


def hosts_file(settings: Settings) -> str:
    lines = [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        f"{settings.net}.1 outside.lab outside",
        f"{settings.net6}:1 outside.lab outside",
    ]
    others = (Host(settings, number) for number in range(1, MAX_HOSTS + 1))
    lines += [f"{other.ip} {other.name}.lab {other.name}" for other in others]
    return "\n".join(lines) + "\n"

"""A real sshd of a test's own, on a free port, for whoever runs the tests."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest
from fabric import Config

from deploy.remote import hostkeys
from deploy.remote.ssh import Remote, host_key
from dispatcher.registry.site import Server

SSHD = "/usr/sbin/sshd"

needs_sshd = pytest.mark.skipif(
    not (Path(SSHD).exists() and shutil.which("ssh-keygen")),
    reason="needs sshd; apt-get install openssh-server",
)

SUDO = """\
#!/bin/sh
# Stands in for sudo: whoever runs the tests acts as root does on a server.
test "$1 $2" = "-n --" || exit 99
test ! -e "$0.refuses" || { echo "sudo: a password is required" >&2; exit 1; }
shift 2
test ! -e "$0.no-$1" || { echo "sudo: $1: command not found" >&2; exit 1; }
exec "$@"
"""

SETTINGS = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
SetEnv PATH={folder}/bin:/usr/bin:/bin
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True, slots=True)
class Sshd:
    """A running sshd. Its host key is in ``folder/host``, the client's in ``folder/key``."""

    folder: Path
    port: int

    @property
    def server(self) -> Server:
        return Server("web1", "127.0.0.1", getpass.getuser(), self.port)

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def config(self, key: str = "key") -> Config:
        """Return a Fabric config with a key of the test's, and none of the person's."""
        alone = {"key_filename": str(self.folder / key), "allow_agent": False}
        return Config(
            overrides={"connect_kwargs": {**alone, "look_for_keys": False}},
            ssh_config=paramiko.SSHConfig(),
        )

    def connect(self) -> Remote:
        return Remote(self.server, self.config(), self.known_hosts)


@contextmanager
def running(folder: Path, only: str = "") -> Iterator[Sshd]:
    """Start sshd with new keys; its own host key is pinned. ``only`` is of its settings."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    make_key(folder / "host")
    make_key(folder / "key")
    (folder / "bin").mkdir()
    (folder / "bin/sudo").write_text(SUDO)
    (folder / "bin/sudo").chmod(0o755)
    (folder / "sshd_config").write_text(only + SETTINGS.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    words = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, stderr=log)
    try:
        wait_for(port, process, folder / "log")
        sshd = Sshd(folder, port)
        hostkeys.pin(sshd.known_hosts, *host_key(sshd.server, sshd.config()))
        yield sshd
    finally:
        process.terminate()
        process.wait()


def make_key(path: Path, *words: str) -> None:
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", *words, "-f", str(path)]
    subprocess.run(made, check=True)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "sshd does not come up"
            time.sleep(0.01)
        else:
            return

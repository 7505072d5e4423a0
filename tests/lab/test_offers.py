"""What can be installed on a host, though it has no way out."""

import pytest

from tests.lab import recipe
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

INSTALL = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y")


def test_a_bare_host_installs_nginx_with_apt_and_it_serves(lab: Lab, host: Host) -> None:
    lab.ssh(host, "sudo", "apt-get", "update")
    lab.ssh(host, "sudo", *INSTALL, "nginx")

    page = lab.run(host, "curl", "-fsS", "--max-time", "5", "http://localhost/").stdout
    assert "Welcome to nginx" in page
    assert lab.run(host, "systemctl", "is-enabled", "nginx").stdout == "enabled\n"


def test_all_that_is_offered_can_be_installed_at_once(lab: Lab, host: Host) -> None:
    lab.run(host, *INSTALL, *recipe.OFFERED)

    lab.run(host, "nginx", "-t")
    lab.run(host, "python3", "-m", "venv", "/root/venv")
    lab.run(host, "/root/venv/bin/python", "-m", "pip", "--version")
    assert lab.run(host, "redis-cli", "ping").stdout == "PONG\n"

from tests.lab.host import first
from tests.lab.settings import read
from tests.lab.ssh_files import config_text, known_hosts

SETTINGS = read({"LAB_STATE": "/lab", "LAB_NET": "10.89.0"})

CONFIG = """\
# Written by the lab. Use with: ssh -F, scp -F, fab -S.
Host h1 h1.lab 10.89.0.11
  HostName 10.89.0.11
Host h2 h2.lab 10.89.0.12
  HostName 10.89.0.12
Host h* 10.89.0.*
  User deploy
  IdentityFile /lab/ssh/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile /lab/ssh/known_hosts
  StrictHostKeyChecking yes
  GlobalKnownHostsFile /dev/null
  ConnectTimeout 10
"""


def test_ssh_goes_to_the_lab_s_hosts_as_deploy_and_trusts_no_other_key() -> None:
    assert config_text(SETTINGS, first(SETTINGS, 2)) == CONFIG


def test_a_host_is_known_by_all_its_names_and_addresses() -> None:
    (host,) = first(SETTINGS, 1)

    assert known_hosts([(host, "ssh-ed25519 AAAA root@h1\n")]) == (
        "h1,h1.lab,10.89.0.11,fd0a:59:0::b ssh-ed25519 AAAA\n"
    )

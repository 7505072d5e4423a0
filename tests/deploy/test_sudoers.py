"""The SSH user may run one program as root: without an argument, and without its environment."""

from __future__ import annotations

from deploy.acting.steps import Put
from deploy.server import render
from deploy.stages import ground
from tests.deploy.sample import AT, BARE

RELAY = "/srv/yard/agent/relay"


def test_it_may_run_the_relay_and_nothing_else() -> None:
    lines = render.sudoers("deploy", AT).splitlines()

    grants = [line for line in lines if not line.startswith(("#", "Defaults"))]
    assert grants == [f'deploy ALL=(root) NOPASSWD: NOSETENV: {RELAY} ""']


def test_whatever_the_server_says_of_sudo_nothing_of_its_environment_comes_along() -> None:
    said = " ".join(
        line.partition(f"Defaults!{RELAY} ")[2]
        for line in render.sudoers("deploy", AT).splitlines()
        if line.startswith("Defaults")
    )

    for word in ("env_reset", "!setenv", "closefrom=3", 'secure_path="/usr/sbin:'):
        assert word in said


def test_it_is_written_readable_for_root_alone_and_checked_before_sudo_reads_it() -> None:
    write, use = ground.may_ask(AT, "deploy", BARE)

    assert isinstance(write.do, Put)
    assert (write.do.mode, write.do.path) == (0o440, "/etc/sudoers.d/flaskyard-yard.new")
    assert str(use.do).startswith("""sh -c 'visudo -cqf "$1.new" && mv -T "$1.new" "$1"'""")

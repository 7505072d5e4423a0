"""What a server needs before it can be looked at, and what is put right on a ready one."""

from __future__ import annotations

import re

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.steps import Put, Run
from deploy.errors import PlanError, StepError
from deploy.server import kernel
from deploy.stages import ground
from tests.deploy.sample import AGENT, AT, BARE, BUILT, SITE, ready


class Machine(Here):
    """A machine on which some programs fail, and which remembers what it was asked."""

    def __init__(self, *fails: str) -> None:
        self.fails, self.asked = fails, [""]

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:  # noqa: ARG002
        self.asked.append(" ".join(argv))
        failed = any(word in self.asked[-1] for word in self.fails)
        return Outcome(1, "", "no such luck\n") if failed else Outcome(0, "", "")


def test_python_is_not_installed_where_it_is() -> None:
    machine = Machine()

    ground.need_python(machine, install=True)

    assert machine.asked[1:] == ["sh -c command -v python3 sh"]


def test_python_is_installed_where_it_is_missing() -> None:
    machine = Machine("command -v")

    ground.need_python(machine, install=True)

    assert machine.asked[-1].endswith("apt-get --quiet --yes install python3")


def test_a_plan_alone_installs_nothing_not_even_python() -> None:
    machine = Machine("command -v")

    with pytest.raises(PlanError, match="`fab bootstrap` installs it before anything else"):
        ground.need_python(machine, install=False)
    assert len(machine.asked) == 2


def test_python_that_cannot_be_installed_says_why() -> None:
    with pytest.raises(StepError, match=r"could not install python3(?s:.*)no such luck"):
        ground.need_python(Machine("command -v", "install python3"), install=True)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"packages": tuple({*ready().packages} - {"procps"})}, "install procps"),
        ({"users": ()}, "make the user yard-default"),
        ({"agent": "agent-old"}, "use it"),
        ({"agents": ("agent-old", AGENT.name)}, "remove the agents from before"),
        ({"folders": {**ground.wanted_folders(AT, SITE), AT.store: "deploy 777"}}, "make"),
        ({"links": {}}, "start the site at boot"),
        ({"units": {"nginx.service": {"ActiveState": "active"}}}, "let the agent listen"),
    ],
    ids=["package", "user", "agent", "old agent", "folder", "link", "socket"],
)
def test_only_what_is_not_as_it_should_be_is_changed(change: dict[str, object], note: str) -> None:
    steps = ground.lay(AT, SITE, BUILT, ready().model_copy(update=change), "deploy")

    assert any(step.note.startswith(note) for step in steps)
    assert not [step for step in steps if isinstance(step.do, Put)]


def test_a_file_that_was_edited_is_written_again_and_systemd_told() -> None:
    state = ready()
    path = AT.template("default", "service")
    edited = state.model_copy(update={"files": {**state.files, path: "[Service]\n"}})

    steps = ground.lay(AT, SITE, BUILT, edited, "deploy")

    assert [step.note for step in steps] == [
        "see that systemd can read units",
        f"write {path}",
        "let systemd read them",
    ]
    assert steps[1].undo == Put(path, "[Service]\n"), "as it was, whoever edited it"
    assert steps[0].undo == Run("systemctl", "daemon-reload")


def test_a_user_who_is_not_there_is_made_with_the_keys_of_who_makes_it() -> None:
    (made, *_) = ground.lay(AT, SITE, BUILT, ready(), "robot")

    assert made.note == "make the user robot, with your SSH keys"
    assert "authorized_keys" in str(made.do)


def test_what_the_ssh_user_may_do_is_checked_before_sudo_reads_it() -> None:
    state = ready()
    files = {**state.files, AT.sudoers: "ada ALL=(ALL) ALL\n"}
    edited = state.model_copy(update={"files": files, "users": (*state.users, "ada")})

    write, check = ground.lay(AT, SITE, BUILT, edited, "ada")

    assert isinstance(write.do, Put)
    assert write.do.path.endswith(".new"), "sudo reads no file with a dot in its name"
    assert write.do.content.splitlines()[-1] == f'ada ALL=(root) NOPASSWD: NOSETENV: {AT.relay} ""'
    assert "visudo -c" in str(check.do)


def test_the_kernel_protects_links_at_once_and_after_each_boot() -> None:
    written, applied = kernel.protect(BARE)

    assert isinstance(written.do, Put)
    assert written.do.path.startswith("/etc/sysctl.d/")
    for name in ("symlinks", "hardlinks", "fifos", "regular"):
        assert re.search(rf"^fs\.protected_{name} = [12]$", written.do.content, re.MULTILINE)
    assert "sysctl --quiet --load" in str(applied.do)
    assert kernel.protect(ready()) == ()

"""A command may do what the pool's service may, and its words are no options of systemd's."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.agent.running import pool_of, sandbox, words
from deploy.errors import PlanError
from deploy.protocol.commands import Exec
from deploy.server import render
from tests.deploy.agent.there import There
from tests.deploy.sample import AT, SITE, A


class Installed(There):
    """A layout whose templates are a test's own."""

    def template(self, pool: str, kind: str) -> str:
        return f"{self.root}/{pool}.{kind}"


@pytest.fixture
def at(tmp_path: Path) -> Installed:
    at = Installed("yard", str(tmp_path))
    text = render.unit("service", "default", SITE, AT)
    Path(at.template("default", "service")).write_text(text)
    return at


def test_a_command_is_held_by_all_that_holds_the_pool(at: Installed) -> None:
    asked = Exec(app="portal", argv=("id",))

    argv = words(at, "u.service", A.id, "default", asked)

    held = [word for word in argv if word.startswith("--property=")]
    for setting in ("User=yard-default", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert f"--property={setting}" in held
    assert f"--property=Environment=DISPATCHER_RELEASE={A.id}" in held
    assert not [word for word in held if "%i" in word or "gunicorn" in word or "Restart=" in word]


def test_every_setting_of_the_sandbox_is_kept() -> None:
    text = render.unit("service", "default", SITE, AT)
    names = {line.partition("=")[0] for line in sandbox(text)}

    left_out = {
        line.partition("=")[0]
        for line in text.partition("[Service]")[2].splitlines()
        if "=" in line and line[0] != "#"
    } - names
    assert left_out == {"ExecStart", "Type", "NotifyAccess", "KillMode", "TimeoutStartSec",
                        "TimeoutStopSec", "Restart", "RestartSec", "LimitNOFILE"}  # fmt: skip


def test_words_stay_words(at: Installed) -> None:
    asked = Exec(app="portal", argv=("--uid=0", "$HOME", "a b"))

    argv = words(at, "u.service", A.id, "default", asked)

    assert argv[argv.index("--") + 4 :] == ("portal", "--uid=0", "$$HOME", "a b")


@pytest.mark.parametrize("argv", [(), ("a\0b",), ("x" * 100_001,), ("x",) * 1001])
def test_what_no_command_can_have_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Exec(app="portal", argv=argv)


def test_an_app_that_is_not_there_is_told_with_those_there_are() -> None:
    assert pool_of(A, "portal").name == "default"
    with pytest.raises(PlanError, match="its release has no app 'shop'; it has portal"):
        pool_of(A, "shop")

"""A command runs as an app's pool does: its user, its sandbox, its secrets, and never as root."""

from __future__ import annotations

import shlex
import signal

import pytest

from tests.deployment.project import Project
from tests.deployment.sitting import sitting
from tests.deployment.test_secrets import APP, TABLES
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

ASKED = """\
import os, pathlib, sys
print(os.getuid() != 0, os.environ["STATE_DIRECTORY"], os.environ["WANTED"])
print(open("/proc/self/status").read().split("NoNewPrivs:")[1].split()[0])
for path in ("/srv/yard/x", "/etc/x", "/var/lib/yard/default/x"):
    try:
        pathlib.Path(path).write_text("")
    except OSError as error:
        print(error.strerror)
pathlib.Path(os.environ["STATE_DIRECTORY"], "made").write_text("")
print("to stderr", file=sys.stderr)
sys.exit(7)
"""


def test_a_command_runs_as_the_pool_would(lab: Lab, host: Host, project: Project) -> None:
    (project.folder / "apps" / "vault.py").write_text(APP)
    site = project.folder / "site.toml"
    tables = TABLES.replace("[pools", 'env.WANTED = "$HOME is {secret:API_KEY}"\n[pools')
    site.write_text(site.read_text() + tables)
    project.commit("need a secret")
    project.fab("secrets-set", "API_KEY", "--app", "vault", feed="s3cret")
    project.fab("deploy")

    done = project.try_fab("exec", "vault", shlex.join(("python", "-c", ASKED)))
    routes = project.fab("exec", "vault", "flask routes", "--each")
    told = project.told("exec", "vault", "sh -c 'echo out; echo err >&2'")
    words = project.fab("exec", "vault", "printf '%s|' '$HOME' 'a b' '%i' ''")
    piped = project.fab("exec", "vault", "tr a-z A-Z", feed="piped in\n" * 100_000)
    unread = project.fab("exec", "vault", "true", feed="nobody reads it\n" * 100_000)
    missing = project.try_fab("exec", "vault", "no-such-program")
    nobody = project.try_fab("exec", "nope", "id")

    assert done.code == 7, done
    assert done.out.splitlines() == [
        "True /var/lib/yard/vault $HOME is s3cret",
        "1",
        "Read-only file system",
        "Read-only file system",
        "Permission denied",
    ]
    assert done.err == "to stderr\n"
    assert "told" in routes.out
    assert "/" in routes.out
    assert told == [{"server": "h1", "exit": 0, "out": "out\n", "err": "err\n"}]
    assert words.out == "$HOME|a b|%i||"
    assert piped.out == "PIPED IN\n" * 100_000
    assert unread.out == ""
    assert (missing.code, missing.err) == (127, "no-such-program: No such file or directory\n")
    assert "there is no app 'nope'" in nobody.err
    owner = ("stat", "--format", "%U", "/var/lib/yard/vault/made")
    assert lab.run(host, *owner).stdout == "yard-vault\n"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_command_ends_with_whoever_asked_for_it(
    lab: Lab, host: Host, project: Project, end: signal.Signals
) -> None:
    running = project.start_fab("exec", "portal", "sh -c 'echo begun; exec sleep 1000'")
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    assert "yard-run-" in runs(lab, host)

    running.send_signal(end)
    running.communicate()

    assert_gone(lab, host)


def test_a_shell_is_as_if_it_were_here(lab: Lab, host: Host, project: Project) -> None:
    uid = lab.run(host, "id", "-u", "yard-default").stdout.strip()

    with sitting(project, "shell", "portal") as one:
        one.until(">>> ")
        asked = (
            "import os, time; (app.name, os.getuid(), os.isatty(0), os.environ['STATE_DIRECTORY'])"
        )
        told = one.asked(asked, "\n>>> ")
        one.resize(33, 99)
        one.asked("while os.get_terminal_size() != (99, 33): time.sleep(0.01)", "... ")
        one.asked("", "\n>>> ")
        one.asked("print('sle' + 'eps'); time.sleep(1000)", "sleeps")
        one.type("\x03")
        interrupted = one.until("\n>>> ")
        while_open = one.settings()
        one.type("\x04")
        code = one.end()
        after = one.settings()

    assert f"('apps.portal', {uid}, True, '/var/lib/yard/default')" in told
    assert "KeyboardInterrupt" in interrupted
    assert while_open != one.before
    assert after == one.before
    assert code == 0


CLUBS = """\
import os

from flask import Flask


def create_club(tenant):
    app = Flask(__name__)
    app.config["CLUB"] = f"{tenant} in {os.environ['STATE_DIRECTORY']}"
    return app


def tenant_exists(tenant):
    return tenant == "choir"
"""


def test_a_shell_has_the_instance_of_a_tenant(host: Host, project: Project) -> None:
    (project.folder / "apps" / "clubs.py").write_text(CLUBS)
    site = project.folder / "site.toml"
    table = '\n[apps.clubs]\napp = "apps.clubs:create_club"\ntenants = "/clubs/<tenant>"\n'
    site.write_text(site.read_text() + table)
    project.commit("clubs")
    project.fab("deploy")

    with sitting(project, "shell", "clubs", "--tenant", "choir") as one:
        one.until(">>> ")
        told = one.asked("app.config['CLUB']", "\n>>> ")
        one.type("\x04")
        assert one.end() == 0
    stranger = project.try_fab("shell", "clubs", "--tenant", "nobody")
    none = project.try_fab("shell", "clubs")

    assert "choir in /var/lib/yard/default" in told
    assert (stranger.code, none.code) == (1, 1), (stranger, none)


def test_however_a_shell_ends_the_terminal_and_the_server_are_as_they_were(
    lab: Lab, host: Host, project: Project
) -> None:
    endless = "sh -c 'trap \"\" HUP; echo begun; sleep 1000'"
    for number in (signal.SIGTERM, signal.SIGHUP):
        with sitting(project, "exec", "portal", endless) as one:
            one.until("begun")
            one.running.send_signal(number)
            assert (one.end(), one.settings()) == (130, one.before)
        assert_gone(lab, host)

    with sitting(project, "exec", "portal", endless) as one:
        one.until("begun")
        lab.run(host, "pkill", "-x", "sshd", "-u", "deploy")
        one.until("h1: connection lost")
        assert (one.end(), one.settings()) == (1, one.before)
    assert_gone(lab, host)


def runs(lab: Lab, host: Host) -> str:
    """Return the units of commands that run."""
    units = ("systemctl", "list-units", "--plain", "--no-legend", "yard-run-*")
    return lab.run(host, *units).stdout


def assert_gone(lab: Lab, host: Host) -> None:
    """See that nothing goes on of what was run, once it had time to end."""
    gone = "for pid in $(pgrep -x sleep); do timeout 20 tail --pid=$pid -f /dev/null; done"
    lab.run(host, "sh", "-c", gone)
    assert lab.run(host, "pgrep", "-x", "sleep", check=False).stdout == ""

"""A deployment survives whoever carries it out, and whoever asked for it."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.deployment.conftest import booted
from tests.deployment.project import Project
from tests.deployment.test_refusals import as_it_is
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

KILL = ("pkill", "-KILL", "-f", "deploy.agent")


def when(running: subprocess.Popen[str], note: str, act: Callable[[], object]) -> str:
    """Act as soon as a step has ended; return all that was said, once it has ended."""
    said = []
    assert running.stderr is not None
    for line in running.stderr:
        said.append(line)
        if note in line:
            act()
            note = "\0"
    running.communicate(timeout=60)
    return "".join(said)


@pytest.mark.parametrize("note", ["make its environment", "start its pools", "note that it begins"])
def test_an_agent_that_is_killed_comes_back_and_takes_back(
    lab: Lab, host: Host, project: Project, note: str
) -> None:
    before = as_it_is(lab, host)
    project.version("two")

    with traffic(host.ip) as seen:
        running = project.start_fab("deploy", "--watch", "10")
        said = when(running, note, lambda: lab.run(host, *KILL))

    assert running.returncode == 1, said
    assert "the agent was interrupted" in said
    assert "every server is as it was before" in said
    assert seen.failures == []
    assert as_it_is(lab, host) == before
    (record,) = project.told("history")[0]["records"][-1:]
    assert record["how"] == "taken back"


@pytest.mark.parametrize("note", ["make its environment", "start its pools"])
def test_a_deployment_whose_network_comes_back_goes_on(
    lab: Lab, host: Host, project: Project, note: str
) -> None:
    second = project.version("two")
    sessions = ("pkill", "-KILL", "-f", "sshd: deploy")

    with traffic(host.ip) as seen:
        running = project.start_fab("deploy")
        said = when(running, note, lambda: lab.run(host, *sessions))

    assert running.returncode == 0, said
    assert "trying to reach it again" in said
    assert project.live() == [second]
    assert seen.failures == []


def test_a_deployment_whose_deployer_is_gone_can_be_taken_up(host: Host, project: Project) -> None:
    second = project.version("two")
    running = project.start_fab("deploy")
    when(running, "start its pools", lambda: running.send_signal(signal.SIGKILL))

    taken_up = project.fab("attach")

    assert "Taking up what was begun" in taken_up.err
    assert project.live() == [second]


@pytest.mark.parametrize("note", ["make its environment", "start its pools", "go live"])
def test_a_power_cut_leaves_the_old_release_or_the_new(
    lab: Lab, host: Host, project: Project, note: str
) -> None:
    first = project.live()
    project.version("two")
    running = project.start_fab("deploy")

    def cut() -> None:
        running.kill()
        lab.kill(host, lose_unsynced=True)

    when(running, note, cut)

    lab.start(host)
    booted(lab, host)

    with traffic(host.ip, clients=1) as seen:
        assert project.live() == first
    assert seen.failures == []
    assert set(seen.seen) == {"one"}
    assert project.told("history")[0]["records"][-1]["how"] == "taken back"


def test_a_release_that_breaks_after_it_went_live_is_taken_back(
    lab: Lab, host: Host, project: Project
) -> None:
    first = project.live()
    breaks = "\nimport time\nSTARTED = time.monotonic()\nSOUND = application\n\n"
    breaks += "def application(environ, start_response):\n"
    breaks += "    if time.monotonic() - STARTED > 2:\n        raise RuntimeError('late')\n"
    breaks += "    return SOUND(environ, start_response)\n"
    path = project.folder / "apps" / "marker.py"
    path.write_text(path.read_text() + breaks)
    project.commit("break late")

    with traffic(host.ip):
        done = project.try_fab("deploy", "--watch", "15")

    assert done.code == 1, done
    assert "answers are errors" in done.err
    assert project.live() == first


def test_a_canary_goes_first_and_takes_the_others_along(
    lab: Lab, snapshots: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one, two = lab.up(2, source=snapshots)
    booted(lab, one)
    booted(lab, two)
    folder = tmp_path_factory.mktemp("canary") / "site"
    project = Project(folder, lab.ssh_config, hosts=("h1", "h2"))
    second = project.version("two")

    said = project.fab("deploy", "--canary", "h2", "--watch", "1").err

    steps = [line.split()[0] for line in said.splitlines() if "watch it for" in line]
    assert steps == ["h2", "h1"]
    assert project.live() == [second, second]


def test_a_history_that_was_changed_is_shown(lab: Lab, host: Host, project: Project) -> None:
    history = "/var/lib/flaskyard/yard/history"
    assert project.told("history")[0]["broken"] is None
    project.version("two")
    project.fab("deploy")
    text = lab.run(host, "cat", history).stdout
    assert [json.loads(line)["do"] for line in text.splitlines()] == ["deploy", "deploy"]

    lab.run(host, "tee", history, feed=text.replace('"by":"', '"by":"not-', 1))

    done = project.try_fab("history")
    assert done.code == 1
    assert "tampered with, from line 2 on" in done.out


def test_who_deploys_may_do_nothing_but_ask_the_agent(
    lab: Lab, bare: Host, project: Project
) -> None:
    project.edit("site.toml", "deploy@h1", "robot@h1")
    text = lab.ssh_config.read_text().replace("User deploy", "User robot")
    project.ssh_config = project.folder / "ssh_config"
    project.ssh_config.write_text(text)
    project.commit("robot")

    project.fab("bootstrap", "--user", "deploy")
    project.fab("deploy")
    project.fab("rollback", "--plan", "--to", project.live()[0])

    def robot(*words: str) -> subprocess.CompletedProcess[str]:
        sudo = shlex.join(("sudo", "-n", *words))
        quiet = ("sudo", "-u", "robot", "sh", "-c", f"{sudo} < /dev/null")
        return lab.ssh(bare, *quiet, check=False)

    relay = "/srv/yard/agent/relay"
    assert "may run the following" in robot("-l").stdout
    for words in (
        ("id",),
        ("sh", "-c", relay),
        (relay, "--help"),
        (relay, "sh"),
        ("-u", "www-data", relay),
        ("PYTHONPATH=/tmp", relay),
        ("LD_PRELOAD=/tmp/x.so", relay),
        ("-E", relay),
        ("/srv/yard/agent/venv/bin/python",),
    ):
        done = robot(*words)
        assert done.returncode == 1, (words, done)
    assert "hello" in robot(relay).stdout

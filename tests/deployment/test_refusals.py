"""A deployment that goes wrong leaves everything as it was."""

import re
import signal
from pathlib import Path

import pytest

from tests.deployment.conftest import booted
from tests.deployment.project import Project
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

BREAKS = {
    "import": ("apps/watch/__init__.py", "import no_such_module\n", "no_such_module"),
    "exit": ("apps/watch/__init__.py", "raise SystemExit(3)\n", "SystemExit: 3"),
    "dispatcher": ("dispatcher/routing/router.py", "syntax error here\n", "SyntaxError"),
    "marker": (
        "apps/marker.py",
        "def application(environ, start_response):\n"
        "    start_response('500 Oh No', [('Content-Length', '0')])\n    return []\n",
        "/marker/ answers 500",
    ),
}


def as_it_is(lab: Lab, host: Host) -> str:
    """Return all that a deployment may change, in files and in what runs."""
    script = (
        "find /etc /srv -xdev -not -path '/srv/yard/store*' "
        "-not -path /srv/yard -not -path /srv/yard/live -printf '%p %M %u %l\\n' | sort;"
        "find /run/yard -not -type d | sort; systemctl list-units --plain --no-legend 'yard*'"
    )
    return lab.run(host, "sh", "-c", script).stdout


@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_release_is_refused_and_the_old_one_never_stops(
    lab: Lab, host: Host, project: Project, kind: str
) -> None:
    path, text, reason = BREAKS[kind]
    before = as_it_is(lab, host)
    broken = project.folder / path
    broken.write_text(broken.read_text() + text)
    project.commit("break it")

    with traffic(host.ip) as seen:
        done = project.try_fab("deploy")

    assert done.code == 1, done
    assert reason in done.err
    assert "every server is as it was before" in done.err
    assert "Traceback" not in done.err.replace("| Traceback", "")
    assert seen.failures == []
    assert set(seen.seen) == {"one"}
    assert as_it_is(lab, host) == before


def test_a_server_that_fails_takes_back_the_others(
    lab: Lab, snapshots: str, tmp_path: Path
) -> None:
    one, two = lab.up(2, source=snapshots)
    booted(lab, one)
    booted(lab, two)
    project = Project(tmp_path / "site", lab.ssh_config, hosts=("h1", "h2"))
    drop_in = "/etc/systemd/system/yard-default@.service.d"
    lab.run(two, "mkdir", drop_in)
    lab.run(two, "tee", f"{drop_in}/fail.conf", feed="[Service]\nExecStartPre=/bin/false\n")
    lab.run(two, "systemctl", "daemon-reload")
    before = project.live()
    project.version("two")

    with traffic(one.ip) as seen:
        done = project.try_fab("deploy")

    assert done.code == 1, done
    assert "h2: could not start its pools" in done.err
    assert project.live() == before
    assert seen.failures == []
    assert set(seen.seen) == {"one"}


@pytest.mark.parametrize(
    "note",
    [
        "install its dependencies",
        "make its environment",
        "build the site",
        "write its manifest",
        "start its pools",
    ],
)
def test_a_deployment_that_was_killed_needs_nobody_to_clean_up(
    lab: Lab, host: Host, project: Project, note: str
) -> None:
    project.edit("requirements/site.txt", "#", "# Another lock.\n#")
    second = project.version("two")
    running = project.start_fab("deploy")
    assert running.stderr is not None
    for line in running.stderr:
        if note in line:
            running.send_signal(signal.SIGKILL)
            break
    running.communicate(timeout=60)

    with traffic(host.ip) as seen:
        project.fab("deploy")

    assert project.live() == [second]
    assert seen.failures == []
    assert lab.run(host, "ls", "/srv/yard/environments").stdout.count("\n") == 2, "one each"


def test_an_interrupted_deployment_takes_itself_back(
    lab: Lab, host: Host, project: Project
) -> None:
    before = as_it_is(lab, host)
    project.version("two")
    running = project.start_fab("deploy")
    assert running.stderr is not None
    for line in running.stderr:
        if "make its environment" in line:
            running.send_signal(signal.SIGINT)
            break
    running.communicate(timeout=60)

    assert running.returncode != 0
    assert as_it_is(lab, host) == before


def test_two_people_do_not_deploy_at_once(host: Host, project: Project) -> None:
    project.version("two")
    first = project.start_fab("deploy", "--watch", "5")  # which lasts beyond the other's start
    assert first.stderr is not None
    next(line for line in first.stderr if "make its environment" in line)

    second = project.try_fab("deploy")
    first.communicate(timeout=120)

    assert second.code == 1
    assert "is being changed by" in second.err
    assert first.returncode == 0


def test_an_unknown_host_key_is_refused_until_it_is_trusted(
    lab: Lab, host: Host, project: Project, tmp_path: Path
) -> None:
    project.ssh_config = tmp_path / "ssh_config"
    text = lab.ssh_config.read_text()
    known = lab.ssh_config.parent / "known_hosts"
    project.ssh_config.write_text(text.replace(str(known), str(tmp_path / "none")))

    refused = project.try_fab("status")
    project.fab("trust", "--yes")

    assert refused.code == 1
    assert "fab trust" in refused.out
    assert len(project.live()) == 1


def test_a_server_that_is_another_one_is_refused(lab: Lab, host: Host, project: Project) -> None:
    project.fab("trust", "--yes")
    known = project.folder / "known_hosts"
    kind, key = known.read_text().split()[1:3]
    other = key[:-8] + key[-8:].swapcase()
    known.write_text(f"{known.read_text().split()[0]} {kind} {other}\n")
    project.ssh_config = project.folder / "ssh_config"
    text = lab.ssh_config.read_text()
    hosts = lab.ssh_config.parent / "known_hosts"
    project.ssh_config.write_text(text.replace(str(hosts), str(known)))

    done = project.try_fab("deploy")

    assert done.code == 1
    assert "another machine may answer in its name" in done.err


def test_an_unreachable_server_stops_everything_unless_it_is_left_out(
    lab: Lab, snapshots: str, tmp_path: Path
) -> None:
    _, two = lab.up(2, source=snapshots)
    project = Project(tmp_path / "site", lab.ssh_config, hosts=("h1", "h2"))
    lab.stop(two)
    project.version("two")

    done = project.try_fab("deploy")

    assert done.code == 1
    assert "h2: cannot connect" in done.err or "h2: deploy@" in done.err
    assert "fab deploy --without NAME" in done.err
    assert project.try_fab("releases", "--only", "h1").out.count("h1 ") == 1

    project.fab("deploy", "--without", "h2")
    lab.start(two)
    booted(lab, two)
    caught_up = project.fab("deploy")

    assert re.search(r"^h1: deploy .*: it is live already: nothing to do$", caught_up.err, re.M)
    assert len(set(project.live())) == 1

"""``fab`` as a person types it: every mistake gets a message, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fabric import Task

import fabfile
from tests.deploy.sshd import Sshd, needs_sshd, running

ROOT = Path(__file__).parents[2]
TASKS = (
    *(
        "attach",
        "backup",
        "bootstrap",
        "certificates",
        "deploy",
        "doctor",
        "exec",
        "history",
        "logs",
        "maintenance",
    ),
    *(
        "pack",
        "prune",
        "releases",
        "restart",
        "restore",
        "rollback",
        "secrets-list",
        "secrets-remove",
        "secrets-rotate",
        "secrets-set",
    ),
    *("shell", "status", "trust"),
)

SITE = """\
name = "tiny"
domain = "example.org"
apps.home = {app = "tiny:create_app", path = "/"}
"""

Done = subprocess.CompletedProcess[str]
Fab = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project of the test's own, with what is shared linked and site.toml committed."""
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(ROOT / "fabfile.py", root)
    for name in ("deploy", "dispatcher", "nginx", "requirements"):
        (root / name).symlink_to(ROOT / name)
    write_site(root)
    git(root, "init", "--quiet")
    commit(root)
    return root


def write_site(root: Path, *servers: str) -> None:
    text = "".join(
        f'servers.{word.split("=")[0]}.host = "{word.split("=")[1]}"\n' for word in servers
    )
    (root / "site.toml").write_text(SITE + text)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "Go on")


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


def fab(root: Path, *words: str, keys: Path | None = None) -> Done:
    """Run fab as somebody without a terminal and without SSH files of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "fabric", *(("-i", str(keys)) if keys else ()), *words],
        cwd=root,
        env={**os.environ, "HOME": str(root.parent), "SSH_AUTH_SOCK": "", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_every_task_and_option_says_what_it_does(project: Path) -> None:
    listed = fab(project, "--list").stdout
    helped = fab(project, "--help", "deploy").stdout

    assert [
        line.split()[0] for line in listed.splitlines() if line[:2] == "  " and line[2] != " "
    ] == list(TASKS)
    for option in ("--env", "--only", "--plan"):
        (line,) = (line for line in helped.splitlines() if option in line)
        assert len(line.split()) > 4, line


def test_a_build_need_not_wait_for_what_only_the_rest_of_a_task_needs() -> None:
    told = "import sys, fabfile; print({'jinja2', 'pydantic', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("set()\n", "")


OF_EACH = {"backup": "a server's own data", "restore": "a server's own data", "shell": "on one"}
"""Tasks that are told servers by name alone."""


def test_whoever_may_choose_servers_may_take_the_first_ones() -> None:
    tasks = {one.name: one for one in vars(fabfile).values() if isinstance(one, Task)}
    taken = {name: {one.name for one in task.get_arguments()} for name, task in tasks.items()}

    assert {name.replace("_", "-") for name in taken} == {*TASKS}
    for name in taken.keys() - OF_EACH.keys():
        assert ("only" in taken[name]) == ("limit" in taken[name]), name


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("deploy",), "site.toml names no server; write [servers.NAME] with its host"),
        (("deploy", "--env", "nope"), "is not there; the file's environments: none"),
        (("rollback",), "site.toml names no server; write [servers.NAME] with its host"),
        (("logs", "nope"), "there is no app 'nope'; there are home"),
        (("backup", "--app", "nope"), "there is no app 'nope'; there are home"),
        (("restore", "x.tar"), "there is no backup x.tar; `fab backup` makes one in backups"),
    ],
    ids=[
        "no servers",
        "no environment",
        "no servers to roll back",
        "no app",
        "no app to back up",
        "no backup",
    ],
)
def test_what_site_toml_does_not_name_is_told(
    project: Path, words: tuple[str, ...], message: str
) -> None:
    done = fab(project, *words)

    assert done.returncode == 1
    assert message in done.stderr


def test_an_unknown_server_is_told_with_those_there_are(project: Path) -> None:
    write_site(project, "web1=deploy@127.0.0.1", "web2=deploy@127.0.0.2")

    done = fab(project, "status", "--only", "web1,web9")

    assert done.returncode == 1
    assert done.stderr == "site.toml has no server web9; it has web1, web2\n"


def test_a_faulty_site_toml_is_told(project: Path) -> None:
    (project / "site.toml").write_text(SITE.replace('"/"', '"blog"'))

    done = fab(project, "deploy")

    assert done.returncode == 1
    assert done.stderr.startswith("site.toml: 1 fault\n")


def test_a_site_toml_that_is_not_committed_is_not_deployed(project: Path) -> None:
    write_site(project, "web1=deploy@127.0.0.1")

    done = fab(project, "deploy")

    assert done.returncode == 1
    assert done.stderr == "site.toml has changes that are not committed; commit them first\n"


def test_a_project_without_a_commit_is_not_deployed(project: Path) -> None:
    shutil.rmtree(project / ".git")

    done = fab(project, "deploy")

    assert done.returncode == 1
    assert "this is no git repository; run: git init" in done.stderr


@pytest.mark.parametrize("task", ["status", "doctor"])
def test_each_server_that_cannot_be_reached_is_told(project: Path, task: str) -> None:
    one, two = free_port(), free_port()
    write_site(project, f"web1=deploy@127.0.0.1:{one}", f"web2=deploy@127.0.0.1:{two}")

    done = fab(project, task, "--json")

    rows = json.loads(done.stdout)
    assert done.returncode == 1
    assert [row["server"] for row in rows] == ["web1", "web2"]
    assert rows[0]["findings"] == [
        {
            "level": "wrong",
            "says": f"cannot connect to deploy@127.0.0.1:{one}: Connection refused",
            "todo": "",
            "check": "reach",
        }
    ]


def test_a_deploy_to_a_server_that_cannot_be_reached_changes_nothing(project: Path) -> None:
    write_site(project, f"web1=deploy@127.0.0.1:{free_port()}")
    commit(project)
    (project / "dist").mkdir()

    done = fab(project, "rollback")

    assert done.returncode == 1
    assert done.stderr.endswith("Connection refused\nNothing was changed on any server.\n")


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    with tempfile.TemporaryDirectory(prefix="sshd-") as name, running(Path(name)) as sshd:
        yield sshd


@needs_sshd
def test_a_new_host_key_is_pinned_only_by_somebody_who_agrees(project: Path, sshd: Sshd) -> None:
    write_site(project, f"web1={sshd.server.user}@127.0.0.1:{sshd.port}")

    unknown = fab(project, "rollback", keys=sshd.folder / "key")
    asked = fab(project, "trust")
    agreed = fab(project, "trust", "--yes")
    again = fab(project, "trust")
    known = fab(project, "rollback", keys=sshd.folder / "key")

    assert "is not known; run: fab trust" in unknown.stderr
    assert asked.returncode == 1
    assert "there is nobody to ask" in asked.stderr
    assert "pinned; commit known_hosts" in agreed.stdout
    assert "is pinned already" in again.stdout
    assert "is not known" not in known.stderr


@needs_sshd
def test_a_host_key_that_changed_is_not_pinned_even_unseen(project: Path, sshd: Sshd) -> None:
    write_site(project, f"web1={sshd.server.user}@127.0.0.1:{sshd.port}")
    other = (sshd.folder / "key.pub").read_text().split()[1]
    line = f"[127.0.0.1]:{sshd.port} ssh-ed25519 {other}\n"
    (project / "known_hosts").write_text(line)

    done = fab(project, "trust", "--yes")

    assert done.returncode == 1
    assert "web1: another key is pinned" in done.stderr
    assert (project / "known_hosts").read_text() == line

"""Real shells complete what is typed, with the script that `fab` prints for each."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SITE = """\
name = "tiny"
domain = "example.org"
apps.home = {app = "tiny:create_app", path = "/"}
apps.shop = {app = "tiny:create_app", path = "/shop", pool = "files"}
pools.files.workers = 1
servers.web1.host = "deploy@127.0.0.1"
servers.web2.host = "deploy@127.0.0.2"
environments.staging.domain = "staging.example.org"
environments.staging.servers.stage1.host = "deploy@127.0.0.3"
"""
ASK = """\
source ./script
COMP_WORDS=({words}) COMP_CWORD={count}
_complete_fab fab '{word}' ''
printf '%s ' "${{COMPREPLY[@]}}"
"""


def needs(shell: str) -> pytest.MarkDecorator:
    there = shutil.which(shell)
    return pytest.mark.skipif(not there, reason=f"needs {shell}; apt-get install {shell}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project with the script beside it."""
    root = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "fabfile.py", root)
    for name in ("deploy", "dispatcher", "nginx"):
        (root / name).symlink_to(ROOT / name)
    (root / "site.toml").write_text(SITE)
    (root / "script").write_text(run(root, "fab --print-completion-script bash"))
    for shell in ("zsh", "fish"):
        (root / f"script.{shell}").write_text(run(root, f"fab --print-completion-script {shell}"))
    return root


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TERM": "dumb", "PS1": "$ ", "INPUTRC": os.devnull}


def run(root: Path, script: str) -> str:
    words = ("bash", "--norc", "--noprofile", "-c", script)
    done = subprocess.run(
        words, cwd=root, env=environment(), check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout


def completed(root: Path, line: str) -> list[str]:
    """Return what bash would offer for a line, as its own completion asks the script."""
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    given = ASK.format(words=quoted, count=len(words) - 1, word=words[-1])
    return sorted(run(root, given).split())


LINES = [
    ("fab dep", ["deploy"]),
    ("fab deploy --can", ["--canary"]),
    ("fab logs ", ["home", "shop"]),
    ("fab logs s", ["shop"]),
    ("fab restart ", ["default", "files"]),
    ("fab maintenance o", ["off", "on"]),
    ("fab maintenance on --app ", ["home", "shop"]),
    ("fab secrets-set KEY --app h", ["home"]),
    ("fab status --only ", ["web1", "web2"]),
    ("fab status -o web2,", ["web2,web1"]),
    ("fab status --env ", ["staging"]),
    ("fab status --env sta", ["staging"]),
    ("fab status --env staging --only ", ["stage1"]),
    ("fab deploy --watch ", []),
]
"""What is typed, and what may follow."""


@pytest.mark.parametrize(("line", "offered"), LINES)
def test_what_is_typed_is_completed(project: Path, line: str, offered: list[str]) -> None:
    assert completed(project, line) == offered


@needs("fish")
@pytest.mark.parametrize(("line", "offered"), LINES[1:4])
def test_so_it_is_by_fish(project: Path, line: str, offered: list[str]) -> None:
    ask = f"source ./script.fish; complete --do-complete '{line}'"
    words = ("fish", "--no-config", "--command", ask)
    done = subprocess.run(
        words, cwd=project, env=environment(), check=True, capture_output=True, text=True
    )

    assert sorted(done.stdout.split()) == offered


def test_a_site_toml_that_is_broken_completes_tasks_alone(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "broken", symlinks=True)
    (tmp_path / "broken" / "site.toml").write_text("name = 7\n")

    assert completed(tmp_path / "broken", "fab stat") == ["status"]
    assert completed(tmp_path / "broken", "fab logs s")[0] == "secrets-list"


@pytest.mark.parametrize(
    ("words", "rc"),
    [
        (("bash", "--norc", "--noprofile", "-i"), "source ./script"),
        pytest.param(
            ("zsh", "-f", "-i"),
            "autoload -Uz compinit; compinit -D -u; source ./script.zsh",
            marks=needs("zsh"),
        ),
    ],
    ids=["bash", "zsh"],
)
def test_the_tab_key_does_it(project: Path, words: tuple[str, ...], rc: str) -> None:
    main, other = pty.openpty()
    shell = subprocess.Popen(
        words,
        cwd=project,
        env=environment(),
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    try:
        os.write(main, f"{rc}\nfab dep\t--can\tweb1 --en\tsta\t".encode())
        said = shown(main, b"staging ").replace(b" \b", b"")  # zsh takes its blank back at a word
        assert b"fab deploy --canary web1 --env staging" in said
    finally:
        os.close(main)
        shell.kill()
        shell.wait()


def shown(terminal: int, last: bytes) -> bytes:
    """Read what is shown until it ends so, for a minute at most."""
    end, said = time.monotonic() + 60, b""
    while not said.endswith(last) and (rest := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], rest)[0]:
            said += os.read(terminal, 1000)
    return said

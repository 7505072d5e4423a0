"""A real bash completes what is typed, with the script that `fab` prints."""

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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project with the script beside it."""
    root = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "fabfile.py", root)
    for name in ("deploy", "dispatcher", "nginx"):
        (root / name).symlink_to(ROOT / name)
    (root / "site.toml").write_text(SITE)
    script = run(root, "fab --print-completion-script bash")
    (root / "script").write_text(script)
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


@pytest.mark.parametrize(
    ("line", "offered"),
    [
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
        ("fab status --env staging --only ", ["stage1"]),
        ("fab deploy --watch ", []),
    ],
)
def test_what_is_typed_is_completed(project: Path, line: str, offered: list[str]) -> None:
    assert completed(project, line) == offered


def test_a_site_toml_that_is_broken_completes_tasks_alone(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "broken", symlinks=True)
    (tmp_path / "broken" / "site.toml").write_text("name = 7\n")

    assert completed(tmp_path / "broken", "fab stat") == ["status"]
    assert completed(tmp_path / "broken", "fab logs s")[0] == "secrets-list"


def test_the_tab_key_does_it(project: Path) -> None:
    main, other = pty.openpty()
    words = ("bash", "--norc", "--noprofile", "-i")
    bash = subprocess.Popen(
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
        os.write(main, b"source ./script\nfab dep\t--can\tweb1 --wat\t")
        assert b"fab deploy --canary web1 --watch " in shown(main, b"--watch ")
    finally:
        os.close(main)
        bash.kill()
        bash.wait()


def shown(terminal: int, last: bytes) -> bytes:
    """Read what is shown until it ends so, for a minute at most."""
    end, said = time.monotonic() + 60, b""
    while not said.endswith(last) and (rest := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], rest)[0]:
            said += os.read(terminal, 1000)
    return said

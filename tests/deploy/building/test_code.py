"""A server gets the code that its agent runs: all of it, and nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.building import code

TREE = {
    "deploy/__init__.py": "",
    "deploy/agent/__init__.py": "",
    "deploy/agent/__main__.py": "import json\nfrom deploy import plans\nfrom . import near\n",
    "deploy/agent/near.py": "def late():\n    from dispatcher.site import Site\n    return Site\n",
    "deploy/plans.py": "from deploy.steps import Step\n",
    "deploy/steps.py": "Step = 1\n",
    "deploy/ssh.py": "import fabric\n",
    "deploy/onhost/ask.py": "",
    "deploy/units/pool.service.j2": "[Unit]\n",
    "dispatcher/__init__.py": "",
    "dispatcher/site/__init__.py": "Site = 1\n",
    "dispatcher/cli.py": "",
    "nginx/site.conf.j2": "",
    "nginx/README.md": "",
}
NOT = {"deploy/ssh.py", "dispatcher/cli.py", "nginx/README.md"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "tree"


def test_it_is_what_is_imported_anywhere_and_what_lies_beside(tree: Path) -> None:
    names = {path.relative_to(tree).as_posix() for path in code.files(tree)}

    assert names == TREE.keys() - NOT


def test_the_same_code_is_the_same_bytes(tree: Path) -> None:
    first, told = code.code(tree), code.digest(tree)
    for path in code.files(tree):
        path.write_bytes(path.read_bytes())  # another time of change

    assert (code.code(tree), code.digest(tree)) == (first, told)


@pytest.mark.parametrize("name", sorted(TREE))
def test_a_change_is_told_where_the_agent_has_that_file(tree: Path, name: str) -> None:
    told = code.digest(tree)

    (tree / name).write_text(f"{TREE[name]}# changed\n")

    assert (code.digest(tree) == told) == (name in NOT)


def test_text_that_moves_between_files_is_a_change(tree: Path) -> None:
    told = code.digest(tree)

    (tree / "deploy/plans.py").write_text("")
    (tree / "deploy/steps.py").write_text("from deploy.steps import Step\nStep = 1\n")

    assert code.digest(tree) != told


def test_the_agent_starts_from_it_alone_and_without_what_only_clients_need(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(code.code())) as archive:
        archive.extractall(tmp_path)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import deploy.agent.service as it; "
        "assert it.__file__.startswith(sys.argv[1]), it.__file__; "
        "print({name.partition('.')[0] for name in sys.modules} "
        "& {'fabric', 'paramiko', 'invoke', 'flask', 'werkzeug'})"
    )

    argv = (sys.executable, "-I", "-c", script, str(tmp_path))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "set()\n", "")

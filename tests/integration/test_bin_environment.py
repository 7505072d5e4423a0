"""An environment is made once, whoever wants it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.served import ROOT

pytestmark = pytest.mark.setup


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock; apt: util-linux")
def test_of_two_who_want_an_environment_one_makes_it(tmp_path: Path) -> None:
    for name in ("bin/environment", "pyproject.toml", "setup.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "scan.txt").write_text(
        "# Nothing is needed to see how it is made.\n"
    )
    variables = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}

    both = [
        subprocess.Popen(
            [tmp_path / "bin" / "environment", "scan"],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [running.communicate(timeout=120)[1] for running in both]

    assert [running.returncode for running in both] == [0, 0], told
    assert sum("Making .venv-scan" in text for text in told) == 1, told

"""The benchmark of the edge still runs; what it measures is in bench/README.md."""

import subprocess
import sys

import pytest

from bench.edge import files, good
from bench.edge.front import SIZES
from bench.serve.places import needed
from tests.integration.served import ROOT

needs_programs = pytest.mark.skipif(
    bool(needed()), reason=f"needs programs; apt-get install {' '.join(needed())}"
)


@needs_programs
def test_each_part_of_the_edge_can_be_measured() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.edge", "--quick", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr

    assert ran.stdout.count(" kB |") == len(SIZES)
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith(f"| {good.FEW} |"))
    _, _, sent, failed, *_ = map(str.strip, line.split("|"))
    assert (sent, failed) == ("50", "0")
    assert "429:" in ran.stderr, "the flood is refused"
    assert "headers nothing" in ran.stderr, "the slow are waited for"


def test_what_the_edge_is_measured_by_is_documented() -> None:
    documented = (ROOT / "bench" / "README.md").read_text()

    assert all(f"| {name} |" in documented for name in good.CROWDS)
    assert f"| {' | '.join(files.HEAD)} |" in documented

"""The benchmarks still run; what they measure is in bench/README.md."""

import json
import subprocess
import sys

from tests.integration.served import ROOT


def test_the_benchmark_of_dispatch_measures_every_case() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.dispatch", "--turns", "1", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    figures = json.loads(ran.stdout)["figures"]

    assert [figure["mounts"] for figure in figures[:4]] == [1, 10, 1_000, 10_000]
    assert all(figure["werkzeug"] for figure in figures)
    documented = (ROOT / "bench" / "README.md").read_text()
    assert all(f"| {figure['case']} |" in documented for figure in figures)
